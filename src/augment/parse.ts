import { SegtileError } from '../errors.js';
import { parseJson } from '../plan/text/json.js';
import { meant } from '../plan/text/meant.js';
import { keysOf, oneOf, type Shape, shape } from '../plan/text/shape.js';
import { isColor, isNumber, isWhole } from '../plan/text/values.js';
import type { Augmentation, AugmentStep, Cutout, GridDropout, Mix, NonEmptyCrop, SnapMix, StainJitter } from './steps.js';

/** The keys of a step that not all kinds have. */
type Own<S extends AugmentStep> = Omit<S, 'kind' | 'probability' | 'seed'>;

/** The keys of one kind of step: the shapes of their values, and their defaults. */
interface Kind {
  readonly shapes: Readonly<Record<string, Shape<unknown>>>;
  readonly defaults: object;
}

/** An augmentation as written in a file. */
interface AugmentFile {
  readonly copies: number;
  readonly seed: number;
  readonly splits: readonly string[];
  readonly steps: readonly unknown[];
}

const kindOf = <S extends AugmentStep>(
  shapes: { readonly [Key in keyof Own<S>]: Shape<Own<S>[Key]> },
  defaults: Own<S>,
): Kind => ({
  shapes,
  defaults,
});

const inRange = (least: number, most: number): Shape<number> =>
  shape(`a number from ${least} to ${most}`, (value) => isNumber(value) && value >= least && value <= most);

/** Whether a value is a share above 0 and up to 1. */
const isShare = (value: unknown): boolean => isNumber(value) && value > 0 && value <= 1;

const shareRange = shape<readonly [number, number]>(
  'the least and the greatest share, above 0 and up to 1',
  (value) => Array.isArray(value) && value.length === 2 && value.every(isShare) && value[0] <= value[1],
);

const seed = shape<number>('a whole number from 0', (value) => isWhole(value, 0, Number.MAX_SAFE_INTEGER));

const filling = {
  fill: shape<Cutout['fill']>('"mean" or three whole numbers from 0 to 255', (value) => value === 'mean' || isColor(value)),
  mask: oneOf('ignore', 'background', 'keep'),
};

const mix = (alpha: number): Kind => kindOf<Mix>({ alpha: inRange(0.05, 100) }, { alpha });

const kinds: Readonly<Record<AugmentStep['kind'], Kind>> = {
  'flip-horizontal': { shapes: {}, defaults: {} },
  'flip-vertical': { shapes: {}, defaults: {} },
  rotate90: { shapes: {}, defaults: {} },
  cutout: kindOf<Cutout>(
    {
      ...filling,
      holes: shape('a whole number from 1 to 100', (value) => isWhole(value, 1, 100)),
      size: shape('a share above 0 and up to 1', isShare),
    },
    { holes: 1, size: 0.25, fill: 'mean', mask: 'ignore' },
  ),
  'grid-dropout': kindOf<GridDropout>(
    {
      ...filling,
      unit: shareRange,
      hole: shape('a share above 0 and below 1', (value) => isShare(value) && value !== 1),
    },
    { unit: [0.125, 0.5], hole: 0.4, fill: 'mean', mask: 'ignore' },
  ),
  'non-empty-crop': kindOf<NonEmptyCrop>({ scale: shareRange }, { scale: [0.5, 0.9] }),
  'stain-jitter': kindOf<StainJitter>(
    { stains: oneOf('hematoxylin-eosin', 'hematoxylin-dab'), sigma: inRange(0, 1), shift: inRange(0, 1) },
    { stains: 'hematoxylin-eosin', sigma: 0.1, shift: 0.01 },
  ),
  mixup: mix(0.4),
  cutmix: mix(1),
  snapmix: kindOf<SnapMix>(
    { alpha: inRange(0.05, 100), maps: shape('the name of a folder', (value) => typeof value === 'string' && value !== '') },
    { alpha: 5, maps: '' },
  ),
};

const augmentFile = keysOf<AugmentFile>('file of augmentation', {
  copies: shape('a whole number from 1 to 100', (value) => isWhole(value, 1, 100)),
  seed,
  splits: shape(
    'a list of train, val and test, each once',
    (value) =>
      Array.isArray(value) &&
      value.length > 0 &&
      new Set(value).size === value.length &&
      value.every((name) => ['train', 'val', 'test'].includes(name)),
  ),
  steps: shape('a list of steps', (value) => Array.isArray(value) && value.length > 0),
});

/**
 * Reads the augmentation in a JSON text and fills in the defaults.
 *
 * @param where names the text in errors
 * @throws {SegtileError} `usage` with the key that is unknown or has a wrong value, and its place
 */
export function parseAugmentation(json: string, where: string): Augmentation {
  const file = augmentFile(parseJson(json, where, 'usage'), { where, code: 'usage' });
  if (file.steps === undefined) {
    throw new SegtileError('usage', `${where} lists no steps`, 'add "steps": [{ "kind": "flip-horizontal" }]');
  }
  const steps = file.steps.map((step, index) => stepOf(step, `${where}: step ${index + 1}`, file.seed ?? 0));
  // As the first step, a crop makes a copy show one box of its tile, whatever other steps do.
  const late = steps.findIndex(({ kind }, index) => kind === 'non-empty-crop' && index > 0);
  if (late > 0) {
    throw new SegtileError(
      'usage',
      `${where}: step ${late + 1} is non-empty-crop, which can only be the first`,
      'put it before all other steps, and list it once',
    );
  }
  const snaps = steps.flatMap((step, index) => (step.kind === 'snapmix' ? [{ step, index }] : []));
  const [snap, second] = snaps;
  if (snap?.step.maps === '')
    throw new SegtileError(
      'usage',
      `${where}: step ${snap.index + 1} is snapmix and says no maps`,
      'add "maps": "folder", with the files of segtile infer --cam --probabilities float32',
    );
  if (second ?? (snap && steps[0]!.kind === 'non-empty-crop'))
    throw new SegtileError(
      'usage',
      `${where}: step ${(second ?? snap!).index + 1} is snapmix, which can be once and not after non-empty-crop`,
      'its maps are of whole tiles',
    );
  return { seed: file.seed ?? 0, copies: file.copies ?? 1, splits: file.splits ?? ['train'], steps };
}

function stepOf(value: unknown, where: string, fileSeed: number): AugmentStep {
  const names = Object.keys(kinds);
  const named = typeof value === 'object' && value !== null && 'kind' in value ? value.kind : undefined;
  const kind = names.find((name) => name === named) as AugmentStep['kind'] | undefined;
  if (kind === undefined) {
    const near = typeof named === 'string' ? meant(named, names) : '';
    throw new SegtileError(
      'usage',
      `${where}: ${named === undefined ? 'it has no kind' : `${JSON.stringify(named)} is not a kind of step${near}`}`,
      `the kinds are ${names.join(', ')}`,
    );
  }
  const { shapes, defaults } = kinds[kind];
  const common = { kind: oneOf(kind), probability: inRange(0, 1), seed };
  const given = keysOf<Readonly<Record<string, unknown>>>(`step ${kind}`, { ...common, ...shapes })(value, {
    where,
    code: 'usage',
  });
  return { probability: 1, seed: fileSeed, ...defaults, ...given, kind } as AugmentStep;
}
