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

/** A window, and a stride where it is not half of it, in working px. */
export type TilingValue = string | { readonly window: number | Size; readonly stride: number | Size };

/**
 * The options of `segtile compare`, named as on its command line, in camel case; `segtile compare --help` says what each does. Of what is tried each is
 * combined with each.
 */
export interface ComparisonOptions extends RunControl {
  /** A file, a folder of them matched by name, or a CSV of pairs. */
  readonly truth: string;
  readonly classes?: string | undefined;
  readonly model?: string | readonly string[] | undefined;
  readonly card?: string | undefined;
  readonly device?: string | undefined;
  readonly workers?: number | undefined;
  readonly mpp?: number | undefined;
  readonly slideMpp?: number | undefined;
  readonly slideMppCsv?: string | undefined;
  readonly channels?: readonly (number | string)[] | string | undefined;
  readonly range?: readonly [low: number, high: number] | string | undefined;
  readonly roi?: string | undefined;
  readonly roiClass?: readonly string[] | string | undefined;
  readonly excludeClass?: readonly string[] | string | undefined;
  /** Longer sides, in px, to which the whole slide is shrunk. */
  readonly resize?: number | readonly number[] | undefined;
  readonly tile?: TilingValue | readonly TilingValue[] | undefined;
  readonly plan?: 'dense' | 'auto' | readonly ('dense' | 'auto')[] | undefined;
  readonly margin?: number | readonly number[] | undefined;
  readonly blend?: Blend | readonly Blend[] | undefined;
  readonly tta?: Tta | readonly Tta[] | undefined;
  readonly tissue?: string | readonly string[] | undefined;
  readonly tissueClass?: string | readonly string[] | undefined;
  readonly artefactClass?: string | readonly string[] | undefined;
  /** Several to be compared, or what all variants share. */
  readonly threshold?: ThresholdValue | readonly number[] | undefined;
  /** A YAML file of variants. */
  readonly variants?: string | undefined;
  /** The folder of masks, results and the report. */
  readonly output?: string | undefined;
  /** Of the boundary F-score: pixels of the mask, or a text such as `2um`. */
  readonly tolerance?: number | string | undefined;
  readonly regions?: number | undefined;
  readonly report?: boolean | undefined;
  readonly history?: string | boolean | undefined;
  readonly overwrite?: boolean | undefined;
}

/**
 * Tries ways to segment slides whose truth is known, each in a process of its own, as `segtile compare` does. What earlier calls ran is kept.
 *
 * @returns what `compare.json` holds: what each variant is worth and costs, and which to use
 * @throws {SegtileError} `usage` naming an option that is unknown or wrong, or a variant that cannot be run; `input` for truth that is missing, `output` where a file cannot
 *   be written; where a run fails, what it failed of, once the others are done and written; `aborted` when the signal fires
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
