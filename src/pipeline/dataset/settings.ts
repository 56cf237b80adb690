import type { Form } from '../../dataset/layout.js';
import { SegtileError } from '../../errors.js';
import type { Ask, Sampler, SampleSettings } from '../../plan/sampling/sampling.js';
import type { Share } from '../../plan/sampling/split.js';
import { strideOfOverlap } from '../../plan/windows/overlap.js';
import { LONGEST_WINDOW } from '../../plan/windows/scale.js';
import type { MaskClass, Size } from '../../types.js';
import { refuseBoth, resolutionOf, SAME_THING } from '../prepare/resolution.js';
import type { SlideFlags } from '../prepare/slide-flags.js';
import type { TissueFlags } from '../tissue/network-tissue.js';
import { type RoiFlags, tissueOf } from '../tissue/region-flags.js';
import { type AugmentationFile, checkAugmentation } from './augmentation-file.js';
import type { DatasetSettings } from './write-dataset.js';

/** What is kept together when tiles are distributed over parts and folds. */
export type SplitBy = 'slide' | 'patient' | 'region';

/** The options of `segtile make-dataset`, parsed. Options that were not given are absent. */
export interface MakeDatasetOptions extends RoiFlags, SlideFlags, TissueFlags {
  readonly truth?: string;
  readonly classes?: string;
  readonly window: Size;
  readonly stride?: Size;
  readonly overlap?: string;
  readonly level?: number;
  readonly mpp?: number;
  readonly downsample?: number;
  readonly sample?: readonly Sampler[];
  readonly mix?: readonly { readonly sampler: Sampler; readonly share: number }[];
  readonly count?: number;
  readonly maxPerClass?: ReadonlyMap<string, number>;
  readonly tissue: string;
  readonly minTissue?: number;
  readonly tries: number;
  readonly seed: number;
  readonly split: readonly Share[];
  readonly folds: number;
  readonly splitBy?: SplitBy;
  readonly region?: number;
  readonly guard: number;
  readonly augment?: string;
  readonly output: string;
  readonly format: Form;
  readonly image: 'png' | 'jpeg';
  readonly quality?: number;
  readonly shardSize: number;
  readonly preview?: number;
  readonly resume?: boolean;
  readonly overwrite?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** Side of a block of `--split-by region`, in windows. */
const WINDOWS_PER_REGION = 8;

/** Default JPEG quality: that of most training sets of slides. */
const QUALITY = 90;

/**
 * Turns the options into settings.
 *
 * @param splitBy what is kept together, see `datasetPairs`
 * @param command how the program was called, for the dataset's record
 * @param facts other values that decide the tiles, such as a hash of the file of classes
 * @param augment the augmentation file, if one was given
 * @throws {SegtileError} `usage` for options that exclude each other, or that need another option
 */
export function datasetSettings(
  options: MakeDatasetOptions,
  splitBy: SplitBy,
  command: readonly string[],
  facts: Readonly<Record<string, unknown>>,
  augment: AugmentationFile | undefined,
): DatasetSettings {
  refuseBoth(options, [...SAME_THING, ['sample', 'mix'], ['resume', 'overwrite']]);
  const { window, seed, tries, minTissue, shardSize } = options;
  if (Math.max(window.width, window.height) > LONGEST_WINDOW) {
    throw new SegtileError(
      'usage',
      `expected at most ${LONGEST_WINDOW} px for --window but got ${window.width}x${window.height}`,
    );
  }
  if (options.quality !== undefined && options.image !== 'jpeg') {
    throw new SegtileError(
      'usage',
      '--quality is that of JPEG, but images are kept as PNG',
      'add --image jpeg, or leave out --quality',
    );
  }
  if (minTissue !== undefined && options.tissue === 'none') {
    throw new SegtileError(
      'usage',
      '--min-tissue needs tissue to be looked for, but --tissue is none',
      'leave out one of them',
    );
  }
  if (augment) {
    checkAugmentation(
      augment,
      window,
      options.split.map(({ name }) => name),
    );
  }
  const asks = asksOf(options);
  const stride = strideOf(options);
  const resolution = resolutionOf(options);
  const tissue = tissueOf(options.tissue, options);
  const image =
    options.image === 'png' ? ({ kind: 'png' } as const) : ({ kind: 'jpeg', quality: options.quality ?? QUALITY } as const);
  const by = splitBy === 'region' ? regionOf(options) : 'group';
  const split = { parts: options.split, folds: options.folds, by: by === 'group' ? splitBy : { region: by } };
  const caps = Object.fromEntries(options.maxPerClass ?? []);
  return {
    survey: {
      resolution,
      tissue,
      sample: (classes): SampleSettings => ({
        asks,
        window,
        stride,
        minTissue,
        tries,
        caps: capsOf(options.maxPerClass, classes),
        seed,
      }),
    },
    divide: { parts: options.split, folds: options.folds, seed, by },
    tiles: { form: options.format, image, augmentation: augment?.augmentation },
    shardSize,
    preview: options.preview,
    command,
    facts: {
      window,
      stride,
      resolution: resolution ?? { kind: 'level', level: 0 },
      slideMpp: options.slideMpp ?? null,
      slideMppCsv: options.slideMppCsv ?? null,
      channels: options.channels ?? null,
      range: options.range ?? null,
      samplers: asks,
      tries,
      seed,
      tissue,
      minTissue: minTissue ?? null,
      roi:
        options.roi === undefined
          ? null
          : { path: options.roi, classes: options.roiClass ?? null, excluded: options.excludeClass ?? [] },
      maxPerClass: caps,
      split,
      form: options.format,
      image,
      ...(options.format === 'webdataset' ? { shardSize } : {}),
      augment: augment ? { path: augment.path, sha256: augment.sha256 } : null,
      ...facts,
    },
  };
}

/**
 * The number of tiles that each sampler should give: the total count is distributed by shares. Tiles that are left over
 * by rounding go to the samplers that lost most.
 *
 * @throws {SegtileError} `usage` if no count is given and a sampler can give any number of tiles
 */
function asksOf({ sample, mix, count }: Pick<MakeDatasetOptions, 'sample' | 'mix' | 'count'>): Ask[] {
  const names = sample ?? ['grid'];
  const shares = mix ?? names.map((sampler) => ({ sampler, share: 1 / names.length }));
  const twice = shares.find(({ sampler }, index) => shares.findIndex((other) => other.sampler === sampler) < index);
  if (twice) throw new SegtileError('usage', `the sampler ${twice.sampler} is asked twice`, 'name each sampler once');
  if (count === undefined) {
    const endless = mix
      ? '--mix'
      : shares.map(({ sampler }) => sampler).find((each) => each !== 'grid' && each !== 'half-shift');
    if (endless === undefined) return shares.map(({ sampler }) => ({ sampler, wanted: 'all' }));
    throw new SegtileError(
      'usage',
      `${endless} needs to know how many tiles of a slide are wanted`,
      'give a number with --count',
    );
  }
  const exact = shares.map(({ share }) => share * count);
  const wanted = exact.map(Math.floor);
  const order = exact.map((_, i) => i).sort((a, b) => exact[b]! - wanted[b]! - (exact[a]! - wanted[a]!) || a - b);
  const over = count - wanted.reduce((sum, value) => sum + value, 0);
  for (const index of order.slice(0, over)) wanted[index]!++;
  return shares.map(({ sampler }, i) => ({ sampler, wanted: wanted[i]! }));
}

function strideOf({ window, stride, overlap }: MakeDatasetOptions): Size {
  if (stride) return stride;
  if (overlap === undefined) return window;
  return { width: strideOfOverlap(overlap, window.width), height: strideOfOverlap(overlap, window.height) };
}

function regionOf({ region, guard, window }: MakeDatasetOptions): { readonly side: number; readonly guard: number } {
  const longest = Math.max(window.width, window.height);
  const side = region ?? WINDOWS_PER_REGION * longest;
  if (side < longest + 2 * guard) {
    throw new SegtileError(
      'usage',
      `a region of ${side} px has no room for a window of ${longest} px and a guard band of ${guard} px on each side`,
      `use --region ${longest + 2 * guard} at least; some windows of a grid fit only into more`,
    );
  }
  return { side, guard };
}

function capsOf(byName: ReadonlyMap<string, number> | undefined, classes: readonly MaskClass[]): Map<number, number> {
  const labels = new Map([['background', 0], ...classes.map(({ name, label }) => [name, label] as const)]);
  return new Map(
    [...(byName ?? [])].map(([name, most]) => {
      const label = labels.get(name);
      if (label !== undefined) return [label, most];
      throw new SegtileError(
        'usage',
        `there is no class "${name}" for --max-per-class`,
        `the classes are ${[...labels.keys()].join(', ')}`,
      );
    }),
  );
}
