import { Command } from 'commander';
import { parse, YAMLParseError } from 'yaml';
import { reason, SegtileError } from '../../errors.js';
import { readRegularText } from '../../io/regular-file.js';
import { readSlideFlags } from '../../pipeline/prepare/slide-flags.js';
import type { RegionFiles } from '../../pipeline/tissue/region-flags.js';
import { meant } from '../../plan/text/checked.js';
import { checkVariants, spanVariants, type Variant } from '../../plan/variants.js';
import type { RegionFile } from '../../truth/region.js';
import { addInferOptions } from '../infer/options.js';
import { thresholds } from '../options/parse.js';
import type { CompareOptions, PassedOptions } from './options.js';

/** Options of `segtile infer` that a variant has no say in. */
const OWN = [
  'from',
  'output',
  'overwrite',
  'json',
  'quiet',
  'dry-run',
  'history',
  'no-history',
  'no-preview',
  'report',
  'objects',
  'object-type',
  'help',
];

/**
 * What is tried: what the options span, then what the file lists.
 *
 * @throws {SegtileError} `usage` where that is nothing, or two variants have one name; `input` where the file is no list of variants
 */
export async function variantsOf(options: CompareOptions): Promise<readonly Variant[]> {
  const { resize = [], tile = [], margin = [], blend = [], tta = [], tissue = [] } = options;
  const threshold = thresholdAxis(options.threshold);
  const spanned = spanVariants({ resize, tile, margin, blend, tta, tissue, threshold });
  const needless = tile.length === 0 && [...margin, ...blend, ...tissue].length > 0;
  if (needless) {
    throw new SegtileError('usage', '--margin, --blend and --tissue are of tilings, but there is none', 'add --tile 512/256');
  }
  const listed = options.variants === undefined ? [] : await readVariants(options.variants);
  const variants = [...spanned, ...listed];
  checkVariants(variants);
  return variants;
}

/**
 * The options that every variant shares on a slide, as `segtile infer` takes them. What a CSV says of the slide alone is passed on, as it lists others
 * besides.
 *
 * @throws {SegtileError} `input` where the CSV of microns per pixel cannot be read or lists what is none of the slides
 */
export async function passedTo(
  { slideMppCsv, ...options }: PassedOptions,
  slides: readonly string[],
  roi: RegionFiles,
): Promise<(slide: string) => string[]> {
  if (slideMppCsv === undefined) return (slide) => [...passedArguments(options), ...roiArguments(roi.of(slide))];
  const flagsOf = await readSlideFlags({ slideMppCsv }, slides);
  return (slide) => {
    const { mpp } = flagsOf(slide);
    const own = passedArguments(typeof mpp === 'object' ? { ...options, slideMpp: String(mpp.x) } : options);
    return [...own, ...roiArguments(roi.of(slide))];
  };
}

function roiArguments(roi: RegionFile | undefined): string[] {
  if (roi === undefined) return [];
  const { path, within, exclude } = roi;
  const lists = Object.entries({ 'roi-class': within, 'exclude-class': exclude });
  return ['--roi', path, ...lists.flatMap(([name, list]) => (list === undefined ? [] : [`--${name}`, list.join(',')]))];
}

function passedArguments(options: Omit<PassedOptions, 'slideMppCsv'>): string[] {
  const { model = [], card, threshold, device, workers, mpp, slideMpp, channels, range } = options;
  const shared = thresholdAxis(threshold).length > 0 ? undefined : threshold;
  const single = { card, threshold: shared, device, workers, mpp, 'slide-mpp': slideMpp, channels, range };
  return [
    ...model.flatMap((each) => ['--model', each]),
    ...Object.entries(single).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, value])),
  ];
}

/**
 * Several thresholds, one for all classes each, are an axis: `0.3,0.5,0.7`. Anything else is the threshold that all variants share.
 *
 * @throws {SegtileError} `usage` for what is no probability
 */
function thresholdAxis(given: string | undefined): readonly string[] {
  if (given === undefined || !given.includes(',') || given.includes('=')) return [];
  return given.split(',').map((each) => {
    const one = each.trim();
    if (typeof thresholds(one, '--threshold') === 'number') return one;
    throw new SegtileError(
      'usage',
      `expected probabilities for --threshold but got "${given}"`,
      'several to be compared are such as 0.3,0.5,0.7; those of classes tumor=0.6,stroma=0.45',
    );
  });
}

async function readVariants(path: string): Promise<Variant[]> {
  const text = await readRegularText(path).catch((error: unknown) => {
    throw new SegtileError('input', `${path} cannot be read: ${reason(error)}`, 'check the path of the variants', error);
  });
  return parseVariants(text, path);
}

/**
 * The variants that a YAML text lists: `variants`, each with a `name` and options of `segtile infer` or `resize`, over those that `common` gives
 * to all.
 *
 * @throws {SegtileError} `input` naming the line of a mistake, or the key that is unknown
 */
export function parseVariants(text: string, where: string): Variant[] {
  const { common = {}, variants } = checkedFile(parsedYaml(text, where), where);
  return variants.map((entry, index) => {
    const place = `${where}: variant ${index + 1}`;
    const { name, resize, ...options } = record(entry, place);
    if (typeof name !== 'string' || name.trim() === '') {
      throw new SegtileError('input', `${place} has no name`, 'add name: and a few words');
    }
    if (resize !== undefined && !(Number.isInteger(resize) && (resize as number) > 0)) {
      throw new SegtileError('input', `${place}: expected pixels for resize but got ${shown(resize)}`);
    }
    return {
      name,
      resize: resize as number | undefined,
      options: { ...texts(record(common, `${where}: common`), `${where}: common`), ...texts(options, place) },
    };
  });
}

/** Levels of lists inside lists, by brackets or by what begins a line; more is too much for the stack of the parser, which it may crash. */
const DEEPEST = 512;

function isTooDeepYaml(text: string): boolean {
  let depth = 0;
  for (const [bracket] of text.matchAll(/[[\]{}]/g)) {
    depth += bracket === '[' || bracket === '{' ? 1 : -1;
    if (depth > DEEPEST) return true;
  }
  return new RegExp(`^[ \\t?-]{${DEEPEST}}`, 'm').test(text);
}

/** A value in a message. */
function shown(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'nothing';
  } catch {
    return 'something that holds itself';
  }
}

function parsedYaml(text: string, where: string): unknown {
  if (isTooDeepYaml(text)) {
    throw new SegtileError('input', `${where} is no YAML that can be used: it is nested too deep`, 'write a file of variants');
  }
  try {
    return parse(text) as unknown;
  } catch (error) {
    // What is too deep for the stack, or names a part of itself again and again, is no mistake of a line.
    if (!(error instanceof YAMLParseError)) {
      const hint = 'write out what it repeats, and nest it less';
      throw new SegtileError('input', `${where} is no YAML that can be used: ${reason(error)}`, hint, error);
    }
    const line = error.linePos?.[0].line;
    throw new SegtileError('input', `${where}: line ${line ?? '?'} is not YAML`, error.message.split('\n')[0], error);
  }
}

function checkedFile(file: unknown, where: string): { readonly common?: unknown; readonly variants: readonly unknown[] } {
  const { common, variants, ...others } = record(file, where);
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) {
    throw new SegtileError('input', `${where}: unknown key "${unknown}"`, 'a file of variants may hold common and variants');
  }
  if (!Array.isArray(variants))
    throw new SegtileError('input', `${where} lists no variants`, 'add variants: and a list of them');
  return common === undefined ? { variants } : { common, variants };
}

function record(value: unknown, where: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new SegtileError('input', `${where}: expected keys with values but got ${shown(value)}`);
}

function texts(options: Readonly<Record<string, unknown>>, where: string): Record<string, string> {
  const known = addInferOptions(new Command())
    .options.map(({ long }) => long?.slice(2) ?? '')
    .filter((name) => !OWN.includes(name));
  return Object.fromEntries(
    Object.entries(options).flatMap(([name, value]): [string, string][] => {
      if (!known.includes(name)) {
        throw new SegtileError(
          'input',
          `${where}: unknown key "${name}"${meant(name, known)}`,
          'a variant may hold name, resize and the options of segtile infer',
        );
      }
      if (value === false) return [];
      if (value === true) return [[name, '']];
      if (typeof value === 'string' || typeof value === 'number') return [[name, String(value)]];
      throw new SegtileError('input', `${where}: expected a text or a number for ${name} but got ${shown(value)}`);
    }),
  );
}
