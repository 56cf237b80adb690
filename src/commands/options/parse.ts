import { SegtileError } from '../../errors.js';
import { parseDevices } from '../../model/devices/device.js';
import { MEASURES, type Measure, OBJECT_FORMATS, type ObjectFormat } from '../../objects/formats/format.js';
import type { WindowScoreFormat } from '../../pipeline/outputs/kinds/window-scores.js';
import type { ThresholdOption } from '../../pipeline/prepare/thresholds.js';
import type { Area } from '../../plan/labels/cleaning/area.js';
import type { Length } from '../../plan/labels/length.js';
import { requireMpp } from '../../plan/resolution/mpp-range.js';
import type { Shard } from '../../plan/shards.js';
import type { Rgb, Size } from '../../types.js';

/**
 * Turns the text of an option into a value. For a wrong text it throws {@link SegtileError} `usage` with the option's
 * name and the text.
 */
export type Parser<T> = (text: string, option: string) => T;

function refuse(
  expected: string,
  option: string,
  text: string,
  hint: string = `the --help of the command says what ${option} takes`,
): SegtileError {
  return new SegtileError('usage', `expected ${expected} for ${option} but got "${text}"`, hint);
}

function number(text: string): number {
  return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text.trim()) ? Number(text) : Number.NaN;
}

/** Any text, unchanged. */
export const anyText: Parser<string> = (value) => value;

/** Makes a parser of whole numbers from `least` to `most`, both included. */
export function wholeNumber(least: number, most: number = Number.MAX_SAFE_INTEGER): Parser<number> {
  const from = least === 1 ? 'a positive integer' : `an integer of at least ${least}`;
  const expected = most < Number.MAX_SAFE_INTEGER ? `an integer from ${least} to ${most}` : from;
  return (text, option) => {
    const value = number(text);
    if (!Number.isSafeInteger(value) || value < least || value > most) throw refuse(expected, option, text);
    return value;
  };
}

/** How many pixels are missing: one number for all sides, or `left,top`. */
export const crop: Parser<number | { readonly left: number; readonly top: number }> = (text, option) => {
  const [left, top, ...more] = text.split(',').map((part) => wholeNumber(0)(part, option)) as [number, ...number[]];
  if (more.length > 0) throw refuse('one number of px, or two', option, text);
  return top === undefined ? left : { left, top };
};

/** A finite number above 0. */
export const positiveNumber: Parser<number> = (text, option) => {
  const value = number(text);
  if (!Number.isFinite(value) || value <= 0) throw refuse('a number above 0', option, text);
  return value;
};

/**
 * An amount of memory, in bytes: a number and a unit. Units such as `MB` are powers of 1,000, those such as `MiB`
 * powers of 1,024.
 */
export const byteSize: Parser<number> = (text, option) => {
  const [, amount, prefix, binary] = /^\s*(\d+\.?\d*|\.\d+)\s*([kmgt])(i?)b\s*$/i.exec(text) ?? [];
  const value = Number(amount) * (binary ? 1024 : 1000) ** ('kmgt'.indexOf((prefix ?? '').toLowerCase()) + 1);
  if (prefix === undefined || !(value > 0)) throw refuse('a size such as 500MB, 2GB or 1.5GiB', option, text);
  return Math.round(value);
};

/** Micrometres per pixel that a slide can have. */
export const micronsPerPixel: Parser<number> = (text, option) => requireMpp(positiveNumber(text, option), option);

/** One device or several. The text is checked with {@link parseDevices}, and kept. */
export const device: Parser<string> = (text) => {
  parseDevices(text);
  return text.trim();
};

/** The number of windows that go through a network together, 1 to 1024, or `auto`. */
export const batch: Parser<number | 'auto'> = (text, option) => {
  const value = number(text);
  if (text === 'auto') return 'auto';
  if (!Number.isInteger(value) || value < 1 || value > 1024) throw refuse('auto or 1 to 1024', option, text);
  return value;
};

/** The number of windows that are run at a time, 1 to 1024. */
export const workers: Parser<number> = (text, option) => {
  const value = wholeNumber(1)(text, option);
  if (value > 1024) throw refuse('1 to 1024 workers', option, text);
  return value;
};

/** A finite number. */
export const finiteNumber: Parser<number> = (text, option) => {
  const value = number(text);
  if (!Number.isFinite(value)) throw refuse('a number', option, text);
  return value;
};

/** Different magnifications above 0, with commas between them. The result is sorted, with the one nearest to 1 first. */
export const scales: Parser<readonly number[]> = (text, option) => {
  const values = text.split(',').map(number);
  if (values.some((value) => !(value > 0) || value === Number.POSITIVE_INFINITY)) {
    throw refuse('magnifications such as 0.8,1,1.25', option, text);
  }
  if (new Set(values).size < values.length) throw refuse('different magnifications', option, text);
  return [...values].sort((a, b) => Math.abs(Math.log(a)) - Math.abs(Math.log(b)));
};

/** Two different numbers, the lower first, with a comma between them. */
export const range: Parser<readonly [least: number, most: number]> = (text, option) => {
  const [least = Number.NaN, most = Number.NaN, ...others] = text.split(',').map(number);
  if (!Number.isFinite(least) || !Number.isFinite(most) || others.length > 0 || least >= most) {
    const hint = 'give the values that become black and white, the lower first';
    throw refuse('two numbers such as 0,4095', option, text, hint);
  }
  return [least, most];
};

/** A share from 0 to 1, written as `0.05` or `5%`. */
export const share: Parser<number> = (text, option) => {
  const percent = text.trim().endsWith('%');
  const value = percent ? number(text.trim().slice(0, -1)) / 100 : number(text);
  if (!(value >= 0 && value <= 1)) throw refuse('a share between 0 and 1, or a percentage,', option, text);
  return value;
};

/** A share of the work: `2/4` is the second of four. `auto` takes it from the environment of a job in a Slurm array. */
export const shard: Parser<Shard> = (text, option) => {
  if (text === 'auto') return slurmShard(option);
  const [, index, count] = /^(\d+)\/(\d+)$/.exec(text.trim()) ?? [];
  const made = { index: Number(index), count: Number(count) };
  if (!(made.index >= 1 && made.index <= made.count && made.count <= MOST_SHARDS)) {
    throw refuse(`a share such as 1/4, of at most ${MOST_SHARDS}, or auto,`, option, text);
  }
  return made;
};

const MOST_SHARDS = 100_000;

function slurmShard(option: string): Shard {
  const { SLURM_ARRAY_TASK_ID: id, SLURM_ARRAY_TASK_MIN: least, SLURM_ARRAY_TASK_COUNT: count } = process.env;
  const step = number(process.env.SLURM_ARRAY_TASK_STEP ?? '1');
  const made = { index: (number(id ?? '') - number(least ?? '')) / step + 1, count: number(count ?? '') };
  if (Number.isInteger(made.index) && made.index >= 1 && made.index <= made.count) return made;
  const seen = `SLURM_ARRAY_TASK_ID ${id ?? 'not set'}, _MIN ${least ?? 'not set'}, _COUNT ${count ?? 'not set'}`;
  throw new SegtileError(
    'usage',
    `${option} is auto, but this is not a job of a Slurm array without gaps: ${seen}`,
    'start it with sbatch --array=1-4, or say which share this is, such as 1/4',
  );
}

/** Words with commas between them. */
export const list: Parser<readonly string[]> = (text, option) => {
  const words = text.split(',').map((part) => part.trim());
  if (words.includes('')) throw refuse('values with commas between them, such as 0,1,2', option, text);
  return words;
};

/** Formats in which objects are written: different words with commas between them. */
export const objectFormats: Parser<readonly ObjectFormat[]> = (text, option) => {
  const formats = text.split(',').map((part) => OBJECT_FORMATS.find((format) => format === part.trim().toLowerCase()));
  const known = formats.filter((format) => format !== undefined);
  if (known.length < formats.length) throw refuse(`some of ${OBJECT_FORMATS.join(', ')}`, option, text);
  if (new Set(known).size < known.length) throw refuse('different formats', option, text);
  return known;
};

/** Formats in which the scores of windows are written: different words with commas between them. */
export const windowScoreFormats: Parser<readonly WindowScoreFormat[]> = (text, option) => {
  const formats = text.split(',').map((part) => word<WindowScoreFormat>('csv', 'geojson')(part.trim().toLowerCase(), option));
  if (new Set(formats).size < formats.length) throw refuse('different formats', option, text);
  return formats;
};

/** What is measured over pixels: different words with commas between them. At most one of them is a pair of stains. */
export const measures: Parser<readonly Measure[]> = (text, option) => {
  const words = text.split(',').map((part) => MEASURES.find((each) => each === part.trim().toLowerCase()));
  const known = words.filter((word) => word !== undefined);
  const stains = known.filter((word) => word !== 'intensity');
  if (known.length < words.length || new Set(known).size < known.length || stains.length > 1)
    throw refuse('intensity, hematoxylin-eosin or hematoxylin-dab, or intensity and one of the others,', option, text);
  return known;
};

/** A size in pixels: the side of a square, or `WIDTHxHEIGHT`. */
export const size: Parser<Size> = (text, option) => {
  const match = /^(\d+)(?:x(\d+))?$/i.exec(text.trim());
  const width = Number(match?.[1]);
  const height = Number(match?.[2] ?? match?.[1]);
  if (!match || width < 1 || height < 1) throw refuse('pixels such as 1024 or 1024x768', option, text);
  return { width, height };
};

/** An area with its unit: `200px`, or `50um2` in square micrometres. */
export const area: Parser<Area> = (text, option) => {
  const match = /^(.*?)\s*(px2?|px²|[uµμ]m(?:2|\^2|²))$/i.exec(text.trim());
  const value = number(match?.[1] ?? '');
  if (!match || !(value > 0) || value === Number.POSITIVE_INFINITY)
    throw refuse('an area such as 50um2 or 200px', option, text);
  return { value, unit: /^p/i.test(match[2]!) ? 'px' : 'um2' };
};

/** A length: in pixels, `4` or `4px`, or in micrometres, `2um`. */
export const length: Parser<Length> = (text, option) => {
  const match = /^(.*?)\s*(px|[uµμ]m)?$/i.exec(text.trim());
  const value = number(match?.[1] ?? '');
  if (!match || !(value >= 0) || value === Number.POSITIVE_INFINITY) throw refuse('a length such as 4px or 2um', option, text);
  return { value, unit: match[2] === undefined || /^p/i.test(match[2]) ? 'px' : 'um' };
};

/** Makes a parser that accepts only these words. */
export function word<T extends string>(...words: readonly T[]): Parser<T> {
  return (text, option) => {
    const found = words.find((each) => each === text);
    if (found === undefined) throw refuse(words.length > 1 ? `one of ${words.join(', ')}` : words[0]!, option, text);
    return found;
  };
}

/** One number for all channels of the image, or one for each, with commas between them. */
const channelNumbers: Parser<readonly number[]> = (text, option) => {
  const values = text.split(',').map(number);
  if (!values.every(Number.isFinite)) {
    throw refuse('one number or one a channel, such as 0.485,0.456,0.406, or imagenet,', option, text);
  }
  return values;
};

/** Means and standard deviations of well-known trainings, for red, green and blue from 0 to 1. */
const presets: Readonly<Record<string, { readonly mean: readonly number[]; readonly std: readonly number[] }>> = {
  imagenet: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  inception: { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
  clip: { mean: [0.48145466, 0.4578275, 0.40821073], std: [0.26862954, 0.26130258, 0.27577711] },
};

/** Means of channels, as numbers or by the name of a training. */
export const means: Parser<readonly number[]> = (text, option) => presets[text]?.mean ?? channelNumbers(text, option);

/** Standard deviations of channels, all above 0, as numbers or by the name of a training. */
export const deviations: Parser<readonly number[]> = (text, option) => {
  const values = presets[text]?.std ?? channelNumbers(text, option);
  if (values.some((value) => value <= 0)) throw refuse('numbers above 0', option, text);
  return values;
};

/**
 * Thresholds: one for all classes (`0.5`), by name of the class (`tumor=0.6,stroma=0.45`), or a file that lists them
 * (`best.json`).
 */
export const thresholds: Parser<ThresholdOption> = (text, option) => {
  if (/\.json$/i.test(text)) return { file: text };
  const isShare = (value: number): boolean => value >= 0 && value <= 1;
  const one = number(text);
  if (isShare(one)) return one;
  const byName = text.split(',').map((part): [string, number] => {
    const at = part.lastIndexOf('=');
    return [part.slice(0, Math.max(at, 0)).trim(), number(part.slice(at + 1))];
  });
  if (byName.some(([name, value]) => name === '' || !isShare(value))) {
    throw refuse(
      'a probability, or one a class,',
      option,
      text,
      'for example 0.5, or tumor=0.6,stroma=0.45, or a file best.json',
    );
  }
  const twice = byName.find(([name], index) => byName.findIndex(([other]) => other === name) < index);
  if (twice) throw refuse('one threshold a class', option, text, `"${twice[0]}" has two`);
  return new Map(byName);
};

/** Class names, each with an optional colour: `tumor=#d62728,stroma`. */
export const classList: Parser<readonly { readonly name: string; readonly color?: Rgb }[]> = (text, option) => {
  const classes = text.split(',').map((part): { name: string; color?: Rgb } => {
    const match = /^([^=#]*[^=#\s])\s*(?:=\s*#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2}))?$/i.exec(part.trim());
    if (!match) throw refuse('class names, with colours if wanted,', option, text, 'for example tumor=#d62728,stroma=#2ca02c');
    const [, name, red, green, blue] = match;
    const channel = (hex: string | undefined): number => Number.parseInt(hex ?? '', 16);
    return red === undefined ? { name: name! } : { name: name!, color: [channel(red), channel(green), channel(blue)] };
  });
  const twice = classes.find(({ name }, index) => classes.findIndex((other) => other.name === name) < index);
  if (twice) throw refuse('different class names', option, text, `"${twice.name}" is there twice`);
  return classes;
};
