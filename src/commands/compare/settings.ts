import { Command } from 'commander';
import { parse, YAMLParseError } from 'yaml';
import { reason, SegtileError } from '../../errors.js';
import { readRegularText } from '../../io/regular-file.js';
import type { CompareOptions } from '../../pipeline/compare/options.js';
import { checkVariants, spanVariants, type Variant, type VariantOptions } from '../../pipeline/compare/variants.js';
import type { InferOptions } from '../../pipeline/prepare/options.js';
import { DEEPEST } from '../../plan/text/json.js';
import { meant } from '../../plan/text/meant.js';
import { isObject } from '../../plan/text/values.js';
import { addInferOptions } from '../infer/options.js';
import { parseSome } from '../options/given.js';

/** Options of `segtile infer` that a variant must not set. */
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
  'submission',
  'submission-ids',
  'rle',
  'no-resume',
  'wait',
  'preview-only',
  'help',
];

/**
 * The variants to compare: first all combinations of the options, then those that the file of variants lists.
 *
 * @throws {SegtileError} `usage` if there are none, if two have the same name, or if an option is given without the one
 *   that it needs; `input` if the file cannot be read or does not list variants
 */
export async function variantsOf(options: CompareOptions): Promise<readonly Variant[]> {
  const { resize = [], tile = [], plan = [], margin = [], blend = [], tta = [], tissue = [], gate = [] } = options;
  const threshold = isList(options.threshold) ? options.threshold : [];
  const spanned = spanVariants({ resize, tile, plan, margin, blend, tta, tissue, gate, threshold });
  const needless = tile.length === 0 && (margin.length > 0 || (plan.length === 0 && [...blend, ...tissue, ...gate].length > 0));
  if (needless) {
    throw new SegtileError(
      'usage',
      '--margin, --blend, --tissue and --gate need windows, but no variant has any',
      'add --tile 512/256',
    );
  }
  const listed = options.variants === undefined ? [] : await readVariants(options.variants);
  const variants = [...judged(spanned, options), ...listed];
  checkVariants(variants);
  return variants;
}

/**
 * Adds the classes of the tissue network to those variants that find tissue with a network.
 *
 * @throws {SegtileError} `usage` if classes are given, but no variant uses a network
 */
function judged(variants: readonly Variant[], { tissueClass, artefactClass }: CompareOptions): readonly Variant[] {
  const classes = {
    ...(tissueClass && { tissueClass }),
    ...(artefactClass && { artefactClass }),
  };
  const isJudged = ({ options: { tissue = '' } }: Variant): boolean => /\.onnx$/i.test(tissue);
  if (Object.keys(classes).length > 0 && !variants.some(isJudged)) {
    const name = tissueClass ? 'tissue-class' : 'artefact-class';
    throw new SegtileError(
      'usage',
      `--${name} names classes of a network, but --tissue names no network`,
      'give a network: --tissue model.onnx',
    );
  }
  return variants.map((variant) => (isJudged(variant) ? { ...variant, options: { ...variant.options, ...classes } } : variant));
}

/** The options of `segtile infer` that all variants share: those given to the comparison, and defaults for all others. */
export function sharedOptions(options: CompareOptions): InferOptions {
  const { model, card, threshold, device, workers, mpp, slideMpp, slideMppCsv, channels, range } = options;
  const one = isList(threshold) ? undefined : threshold;
  const given = { model, card, threshold: one, device, workers, mpp, slideMpp, slideMppCsv, channels, range };
  const said = Object.entries(given).filter(([, value]) => value !== undefined);
  // A comparison shows on the truth what a sample would prove, and measures the time of the windows alone.
  const defaults = { ...addInferOptions(new Command()).opts<InferOptions>(), prove: false };
  return { ...defaults, ...Object.fromEntries(said) };
}

function isList(threshold: CompareOptions['threshold']): threshold is readonly number[] {
  return Array.isArray(threshold);
}

async function readVariants(path: string): Promise<Variant[]> {
  const text = await readRegularText(path).catch((error: unknown) => {
    throw new SegtileError('input', `${path} cannot be read: ${reason(error)}`, 'check the path after --variants', error);
  });
  return parseVariants(text, path);
}

/**
 * Reads variants from a YAML text. `variants` is a list; each entry has a `name`, and options of `segtile infer` or
 * `resize`. `common` holds options for all variants, which an entry can override.
 *
 * @param where the path of the text, for error messages
 * @throws {SegtileError} `input` for a mistake, with its line or the unknown key; `usage` for an option with a wrong
 *   value
 */
export function parseVariants(text: string, where: string): Variant[] {
  const { common = {}, variants } = checkedFile(parsedYaml(text, where), where);
  return variants.map((entry, index) => {
    const place = `${where}: variant ${index + 1}`;
    const { name, resize, ...options } = record(entry, place);
    if (typeof name !== 'string' || name.trim() === '') {
      throw new SegtileError('input', `${place} has no name`, 'give it a name, such as name: small windows');
    }
    if (resize !== undefined && !(Number.isInteger(resize) && (resize as number) > 0)) {
      throw new SegtileError('input', `${place}: expected pixels for resize but got ${shown(resize)}`);
    }
    return {
      name,
      resize: resize as number | undefined,
      options: { ...optionsIn(record(common, `${where}: common`), `${where}: common`), ...optionsIn(options, place) },
    };
  });
}

/** Whether brackets, or indentation and dashes at the start of a line, are nested so deeply that the parser overflows its stack. */
function isTooDeepYaml(text: string): boolean {
  let depth = 0;
  for (const [bracket] of text.matchAll(/[[\]{}]/g)) {
    depth += bracket === '[' || bracket === '{' ? 1 : -1;
    if (depth > DEEPEST) return true;
  }
  return new RegExp(`^[ \\t?-]{${DEEPEST}}`, 'm').test(text);
}

/** A value as text, for a message. */
function shown(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'nothing';
  } catch {
    return 'a value that contains itself';
  }
}

function parsedYaml(text: string, where: string): unknown {
  if (isTooDeepYaml(text)) {
    throw new SegtileError(
      'input',
      `${where} cannot be used: its YAML is nested too deep`,
      'check that it is a file of variants',
    );
  }
  try {
    return parse(text) as unknown;
  } catch (error) {
    // Nesting that overflows the stack, or aliases that repeat too much, are not the mistake of a single line.
    if (!(error instanceof YAMLParseError)) {
      const hint = 'write repeated parts out in full, and nest it less';
      throw new SegtileError('input', `${where} cannot be used as YAML: ${reason(error)}`, hint, error);
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
  if (isObject(value)) return value;
  throw new SegtileError('input', `${where}: expected keys with values but got ${shown(value)}`);
}

/**
 * Reads options by their names on the command line, without dashes. An option that takes no value is `true`; `false` is
 * as if it were not given.
 */
function optionsIn(named: Readonly<Record<string, unknown>>, where: string): VariantOptions {
  const options = addInferOptions(new Command()).options.filter(({ long }) => !OWN.includes(long?.slice(2) ?? ''));
  const given: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(named)) {
    const option = options.find(({ long }) => long === `--${name}`);
    if (option === undefined) {
      const known = options.map(({ long }) => long?.slice(2) ?? '');
      throw new SegtileError(
        'input',
        `${where}: unknown key "${name}"${meant(name, known)}`,
        'a variant may hold name, resize and the options of segtile infer',
      );
    }
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
      throw new SegtileError('input', `${where}: expected a text or a number for ${name} but got ${shown(value)}`);
    }
    if (value !== false) given[option.attributeName()] = option.negate ? false : value;
  }
  try {
    return parseSome<InferOptions>('infer', addInferOptions, given).options;
  } catch (error) {
    if (!(error instanceof SegtileError)) throw error;
    throw new SegtileError(error.code, `${where}: ${error.message}`, error.hint, error);
  }
}
