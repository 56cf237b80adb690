import { SegtileError } from '../errors.js';
import { IGNORED } from '../plan/labels/ignored.js';
import type { Band, MaskClass, Size } from '../types.js';
import { defaultConfig, type RegionRule, type TruthConfig } from './config.js';
import { readMaskHead } from './images/mask-classes.js';
import { openTruth } from './open.js';
import type { Truth } from './truth.js';

/** Selects parts of a file by names of classes or by values of an image. In a name, `*` stands for any characters. */
export interface RegionClasses {
  /** Only these are inside; if not given, everything that is marked. */
  readonly within?: readonly string[] | undefined;
  /** These are never inside, whatever they lie on. QuPath's `Ignore*` is always excluded as well. */
  readonly exclude?: readonly string[] | undefined;
}

/** The name of QuPath's class for what is to be left out; the asterisk is part of the name. */
const QUPATH_IGNORE = 'Ignore*';

/** A file that defines a region. */
export interface RegionFile extends RegionClasses {
  readonly path: string;
  /** The option that named the file, such as `--roi`, for messages. */
  readonly option: string;
}

/**
 * Opens a file as an area without classes: a label image, GeoJSON, COCO or a CSV of runs, read in the same way as
 * truth. Its view has 1 inside and other labels outside. In an image, every value except 0 is inside. In a file of
 * shapes, all shapes are inside, of any class or none. If `within` names classes or values, only these are inside.
 *
 * @param size level 0 of the slide, in px
 * @param slideName the name of the slide in files that cover several slides
 * @throws {SegtileError} `input` if the file is damaged, does not fit the slide, or has none of the classes
 */
export async function openRegion(file: RegionFile, size: Size, slideName: string, signal?: AbortSignal): Promise<Truth> {
  const { path } = file;
  const { classes } = await readMaskHead(path, signal);
  const found = new Set<string>();
  let inside = 0;
  const rule = regionRule(file, classes ?? [], (name, label) => {
    if (name !== undefined) found.add(name);
    if (label === 1) inside++;
  });
  const config: TruthConfig = { ...defaultConfig(), overlap: 'classes', region: rule };
  const truth = await openTruth(path, { size, config, slideName, signal });
  if (truth.kind === 'label image' || inside > 0) return truth;
  await truth.close();
  const wanted = file.within === undefined ? 'no polygon' : `nothing of ${file.within.join(', ')}`;
  const hint =
    found.size === 0
      ? 'draw the regions as polygons, and export them as GeoJSON'
      : `its classes are ${[...found].join(', ')}; ${QUPATH_IGNORE} and what --exclude-class names are outside`;
  throw new SegtileError('input', `${path} holds ${wanted} for ${file.option}`, hint);
}

function regionRule(
  { within, exclude = [], option }: RegionFile,
  classes: readonly MaskClass[],
  onName: (name: string | undefined, label: number | undefined) => void,
): RegionRule {
  const [wanted, unwanted] = [within?.map(pattern), exclude.map(pattern)];
  const matches = (patterns: readonly RegExp[], name: string): boolean => patterns.some((each) => each.test(name));
  const labelOf = (name: string | undefined): number | undefined => {
    if (name === undefined) return wanted === undefined ? 1 : undefined;
    if (name === QUPATH_IGNORE || matches(unwanted, name)) return IGNORED;
    return wanted === undefined || matches(wanted, name) ? 1 : undefined;
  };
  return {
    ofName: (name) => {
      const label = labelOf(name);
      onName(name, label);
      return label;
    },
    what: option === '--tissue' ? 'tissue mask' : 'region',
    colours: within === undefined,
    ofValues: (path) => {
      // A mask of one class may use any number for it.
      const nameOf = (value: number): string | undefined =>
        (classes.length === 1 ? classes[0] : classes.find(({ label }) => label === value))?.name;
      const known = classes.map(({ label, name }) => `${label} ${name}`).join(', ');
      for (const text of within ?? []) {
        if (/^\d+$/.test(text) || classes.some(({ name }) => pattern(text).test(name))) continue;
        const hint = known === '' ? 'name values, such as 1,2: the file does not name classes' : `it has ${known}`;
        throw new SegtileError('input', `${path} has no class ${text} for ${option}`, hint);
      }
      return (value) => {
        const called = [String(value), ...(value === 0 ? [] : [nameOf(value) ?? []].flat())];
        const is = (patterns: readonly RegExp[]): boolean => called.some((name) => matches(patterns, name));
        return value !== 0 && !called.includes(QUPATH_IGNORE) && !is(unwanted) && (wanted === undefined || is(wanted));
      };
    },
  };
}

/** A pattern that matches a whole text. `*` stands for any characters; all other characters stand for themselves. */
function pattern(text: string): RegExp {
  return new RegExp(`^${text.split('*').map(literally).join('.*')}$`, 's');
}

function literally(text: string): string {
  return text.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
}

/** Truth that counts only inside a region. Pixels outside get the label {@link IGNORED}. */
export function truthWithin(truth: Truth, region: Truth): Truth {
  return {
    ...truth,
    notes: [...truth.notes, ...region.notes],
    view: (size) => {
      const [labels, inside] = [truth.view(size), region.view(size)];
      return {
        ...labels,
        async *readBands(rows, columns, signal) {
          const whole = () => [{ start: 0, length: labels.width }];
          const source = inside.readBands(rows, whole, signal)[Symbol.asyncIterator]();
          let mask: Band | undefined;
          try {
            for await (const band of labels.readBands(rows, columns, signal)) {
              for (let y = band.y; y < band.y + band.height; y++) {
                while (mask === undefined || y >= mask.y + mask.height) mask = (await source.next()).value as Band;
                ignoreOutside(band, mask, y);
              }
              yield band;
            }
          } finally {
            await source.return?.();
          }
        },
      };
    },
    close: async () => {
      await truth.close();
      await region.close();
    },
  };
}

function ignoreOutside(band: Band, mask: Band, y: number): void {
  const inside = mask.runs[0]!;
  const from = (y - mask.y) * inside.pixels.width - inside.x;
  for (const { x, pixels } of band.runs) {
    const at = (y - band.y) * pixels.width;
    for (let i = 0; i < pixels.width; i++) if (inside.pixels.data[from + x + i] !== 1) pixels.data[at + i] = IGNORED;
  }
}
