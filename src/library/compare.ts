import { addCompareOptions } from '../commands/compare/options.js';
import { sharedOptions, variantsOf } from '../commands/compare/settings.js';
import { parseGiven } from '../commands/options/given.js';
import { fileName } from '../io/location.js';
import { compareVariants } from '../pipeline/compare/compare.js';
import type { CompareWatcher } from '../pipeline/compare/compare-slides.js';
import type { CompareOptions } from '../pipeline/compare/options.js';
import type { ComparisonRecord } from '../pipeline/compare/results.js';
import type { Blend } from '../plan/windows/blend.js';
import type { Tta } from '../plan/windows/symmetry.js';
import type { Size } from '../types.js';
import { controlled, type RunControl } from './control.js';
import type { ThresholdValue } from './segment-options.js';
import type { ReadingOptions, RegionOptions, TissueClassOptions } from './slide-options.js';

/** A window and its stride, in working px. A text such as `512/256` or `512`; without a stride, it is half the window. */
export type TilingValue = string | { readonly window: number | Size; readonly stride: number | Size };

/**
 * The options of `segtile compare`. Names are those of its command line, in camel case; `segtile compare --help`
 * explains each. A list of values means that each is tried, in every combination with the others.
 */
export interface ComparisonOptions extends RunControl, ReadingOptions, RegionOptions, TissueClassOptions {
  /** The truth: a file, a folder of files that are matched to slides by name, or a CSV of pairs. */
  readonly truth: string;
  readonly classes?: string | undefined;
  readonly model?: string | readonly string[] | undefined;
  readonly card?: string | undefined;
  readonly device?: string | undefined;
  readonly workers?: number | undefined;
  readonly mpp?: number | undefined;
  /** Shrinks the whole slide until its longer side has this length, in px. */
  readonly resize?: number | readonly number[] | undefined;
  readonly tile?: TilingValue | readonly TilingValue[] | undefined;
  readonly plan?: 'dense' | 'auto' | readonly ('dense' | 'auto')[] | undefined;
  readonly margin?: number | readonly number[] | undefined;
  readonly blend?: Blend | readonly Blend[] | undefined;
  readonly tta?: Tta | readonly Tta[] | undefined;
  readonly tissue?: string | readonly string[] | undefined;
  /** Networks that say which windows are run, such as `a.onnx:0.3`; `none` for none. */
  readonly gate?: string | readonly string[] | undefined;
  /** A list of thresholds to compare, or one setting that all variants share. */
  readonly threshold?: ThresholdValue | readonly number[] | undefined;
  /** Path of a YAML file that lists variants. */
  readonly variants?: string | undefined;
  /** The folder for masks, results and the report. */
  readonly output?: string | undefined;
  /** The tolerance of the boundary F-score: pixels of the mask, or a text such as `2um`. */
  readonly tolerance?: number | string | undefined;
  readonly regions?: number | undefined;
  readonly report?: boolean | undefined;
  readonly history?: string | boolean | undefined;
  readonly overwrite?: boolean | undefined;
}

/**
 * Compares ways to segment slides whose truth is known, as `segtile compare` does. Each way is a variant, and runs in
 * its own process. Runs that earlier calls finished are not repeated. If a run fails, the others are still done and
 * written; then the error of the first failed run is thrown.
 *
 * @param slides one path or several
 * @returns the contents of `compare.json`: the scores and costs of each variant, and which one to use
 * @throws {SegtileError} `usage` for an option that is unknown or wrong, which it names, or for a variant that cannot
 *   be run; `input` if truth is missing; `output` if a file cannot be written; `aborted` when the signal fires
 */
export async function compare(slides: string | readonly string[], options: ComparisonOptions): Promise<ComparisonRecord> {
  const { control, options: given } = controlled(options);
  const { signal, onProgress, onNote } = control;
  const { options: parsed, words } = parseGiven<CompareOptions>('compare', addCompareOptions, given, ['from', 'json', 'quiet']);
  const paths = typeof slides === 'string' ? [slides] : slides;
  const watcher: CompareWatcher = {
    started: () => undefined,
    warned: ({ name }, slide, text) => onNote?.(`${name}: ${fileName(slide)}: ${text}`),
    noted: (slide, notes) => notes.forEach((note) => void onNote?.(`${fileName(slide)}: ${note}`)),
    failed: () => undefined,
    done: (done, total) => onProgress?.({ name: 'compare', unit: 'runs', done, total }),
  };
  const request = {
    slides: paths.map((path) => ({ path })),
    variants: await variantsOf(parsed),
    shared: sharedOptions(parsed),
    options: parsed,
    command: ['compare', ...paths, ...words],
  };
  const { record, failures } = await compareVariants(request, watcher, signal);
  if (failures.length > 0) throw failures[0]!.error;
  return record!;
}
