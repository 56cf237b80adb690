import type { Ensemble } from '../../model/card/ensemble.js';
import type { Measure } from '../../objects/formats/format.js';
import type { LookedAt } from '../../objects/summary.js';
import type { ScoreKind } from '../../strip/strip.js';
import type { GeoTags } from '../../tiff/geo.js';
import type { MaskClass, Mpp, RasterRows, ScoreRows, Sink, Size } from '../../types.js';
import type { WindowLook } from '../infer/scores/stages.js';
import type { PassingPixels } from '../objects/passing-pixels.js';
import type { PassingScores } from '../objects/passing-scores.js';
import type { MaskSize } from '../prepare/mask-size.js';
import type { SlidePlan } from '../prepare/plan-slide.js';
import type { RunSettings } from '../prepare/run-settings.js';
import type { Keep } from '../records/files-and-record.js';
import type { StageClock } from '../records/stage-clock.js';
import type { LabelFile } from './labels/label-file.js';

/** What is known of a result before its first row. Applies to a slide and to a file of probabilities. */
export interface Result {
  /** The name of the slide. */
  readonly name: string;
  /** The size of the mask. */
  readonly size: MaskSize;
  /** Level 0, in whose pixels coordinates are reported. */
  readonly slide: Size & { readonly mpp: Mpp | undefined };
  /** The georeference of the mask. */
  readonly geo: GeoTags | undefined;
  readonly classes: readonly MaskClass[];
  readonly maskValues: 'labels' | '255';
  /** The scores that are streamed with the labels; undefined if there are none. */
  readonly scores: PassingScores | undefined;
  /** Reads the pixels of the slide in step with the mask, for measures; undefined if the slide is not available. */
  readonly pixels: ((measures: readonly Measure[]) => PassingPixels) | undefined;
  /** Whether outputs may replace existing files. */
  readonly replace: boolean | undefined;
  readonly clock: StageClock;
}

/** The same for a run of models. */
export interface RunResult extends Result {
  readonly plan: SlidePlan;
  readonly model: Ensemble;
  readonly settings: RunSettings;
  /** The number of channels of the scores of a window of the first grid. */
  readonly channels: number;
}

/** What an output that looks at windows gets to know, even if it makes no file of its findings. */
export type LookNeeds = Pick<RunResult, 'plan' | 'model' | 'settings' | 'channels'>;

/** A file that is being made row by row. */
export interface Making<Facts> {
  /** Takes labels at the size of the mask. */
  readonly labels?: Sink<RasterRows>;
  /**
   * Takes probabilities at the size of the working image. It no longer uses their memory after `write` has returned its
   * promise, even while that is pending.
   */
  readonly scores?: Sink<ScoreRows>;
  /** Takes the findings in some windows, if the output looks at windows; each finding once, in any order. */
  readonly gather?: (found: Uint8Array) => void;
  /**
   * Called once after all rows: writes the parts that need all rows, and gives the record entry of the file.
   *
   * @param lookedAt the shares of the slide that are tissue and in the region of interest
   */
  facts(lookedAt: LookedAt): Promise<Facts>;
}

/** An output that is a single file, made of labels alone. */
export interface OfLabels<Facts> {
  readonly file: LabelFile;
  /** The record entry of the file. */
  readonly facts: Facts;
}

/** One of the files of an output. */
export interface OutputFile {
  readonly title: string;
  readonly path: string;
}

/** A kind of file, or of several files, that a run may make; see the table. */
export interface Output<Options, Needs extends Result, Facts> {
  /** The ending after the name of the slide, such as `.preview.jpg`. */
  readonly ending: string;
  /** Its title in the list of written files; null if it is listed in another way. */
  readonly title: string | null;
  /** For an output of several files: their paths and titles, given the path that the ending makes. */
  readonly files?: (path: string, options: Options) => readonly OutputFile[];
  /** Whether the options ask for this output. */
  wanted(options: Options): boolean;
  /**
   * The precision of the probabilities that it needs, if any: exact, or 8-bit. A resumed run may have stored only
   * `round(255 p)`, with 0 for NaN, which is enough for 8-bit.
   */
  readonly scores?: (options: Options) => ScoreKind;
  /** Makes the object that gets the scores of windows before they are blended, if the output needs that. */
  readonly look?: (result: LookNeeds) => WindowLook;
  /**
   * Begins the file. Its sinks are passed to `keep`, which finishes them together with the other files or not at all.
   *
   * Absent if {@link Output.ofLabels} says all, or if the file is made from the record, after it.
   */
  readonly make?: (path: string, result: Needs, options: Options, keep: Keep) => Promise<Making<Facts>>;
  /** Says what the file is, if it is made of labels alone. Such files are begun and finished before all others. */
  readonly ofLabels?: (path: string, result: Needs, options: Options) => Promise<OfLabels<Facts>>;
}
