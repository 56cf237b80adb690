import type { Ensemble } from '../../model/card/ensemble.js';
import type { Measure } from '../../objects/formats/format.js';
import type { LookedAt } from '../../objects/summary.js';
import type { ScoreKind } from '../../strip/strip.js';
import type { GeoTags } from '../../tiff/geo.js';
import type { MaskClass, Mpp, RasterRows, ScoreRows, Sink, Size } from '../../types.js';
import type { WindowLook } from '../infer/scores/score.js';
import type { PassingPixels } from '../objects/passing-pixels.js';
import type { PassingScores } from '../objects/passing-scores.js';
import type { MaskSize } from '../prepare/mask-size.js';
import type { SlidePlan } from '../prepare/plan-slide.js';
import type { RunSettings } from '../prepare/run-settings.js';
import type { Keep } from '../records/files-and-record.js';
import type { StageClock } from '../records/stage-clock.js';

/** What is known of a result before its first row, for a slide as well as for a file of probabilities. */
export interface Result {
  /** What the slide is called. */
  readonly name: string;
  /** Of the mask. */
  readonly size: MaskSize;
  /** Level 0, in which places are told to the user. */
  readonly slide: Size & { readonly mpp: Mpp | undefined };
  /** Where the mask lies on the earth. */
  readonly geo: GeoTags | undefined;
  readonly classes: readonly MaskClass[];
  readonly maskValues: 'labels' | '255';
  /** The scores that go by beside labels; undefined where none do. */
  readonly scores: PassingScores | undefined;
  /** Reads the pixels of the slide along with the mask, for measures; undefined where the slide is not at hand. */
  readonly pixels: ((measures: readonly Measure[]) => PassingPixels) | undefined;
  /** Whether existing files with the names of outputs are replaced. */
  readonly replace: boolean | undefined;
  readonly clock: StageClock;
}

/** The same for runs of models. */
export interface RunResult extends Result {
  readonly plan: SlidePlan;
  readonly model: Ensemble;
  readonly settings: RunSettings;
  /** Size of the scores of a window of the first grid. */
  readonly channels: number;
}

/** What is known to whoever looks at windows, be it that no file is made of what is found. */
export type LookNeeds = Pick<RunResult, 'plan' | 'model' | 'settings' | 'channels'>;

/** A file that is being made, row by row. */
export interface Making<Facts> {
  /** Takes labels at the size of the mask. */
  readonly labels?: Sink<RasterRows>;
  /** Takes probabilities at the size of the working image, and is done with their memory once `write` has returned its promise. */
  readonly scores?: Sink<ScoreRows>;
  /** Takes what was found in some windows, where the output looks at windows; of each once, in any order. */
  readonly gather?: (found: Uint8Array) => void;
  /**
   * Is called once, when all rows have gone by: writes what only then can be written, and gives what the record says of the file.
   *
   * @param lookedAt how much of the slide is tissue and of interest
   */
  facts(lookedAt: LookedAt): Promise<Facts>;
}

/** One of the files of an output. */
export interface OutputFile {
  readonly title: string;
  readonly path: string;
}

/** A file that a run may leave, or several of one kind, see the table. */
export interface Output<Options, Needs extends Result, Facts> {
  /** The ending after the name of the slide, such as `.preview.jpg`. */
  readonly ending: string;
  /** Its name in the list of written files; null if it is listed in another way. */
  readonly title: string | null;
  /** Where it is several files: their names, given the one that the ending makes, and what each is called. */
  readonly files?: (path: string, options: Options) => readonly OutputFile[];
  /** Whether the options ask for it. */
  wanted(options: Options): boolean;
  /**
   * How exactly it takes probabilities, where it takes any: as they were, or as they come where a run goes on that kept `round(255 p)` of them, and 0 for NaN.
   */
  readonly scores?: (options: Options) => ScoreKind;
  /** Begins to look at the scores of windows before they are blended, where it does that. */
  readonly look?: (result: LookNeeds) => WindowLook;
  /**
   * Begins the file. What it writes to is handed to `keep`, which finishes it with the other files or not at all.
   *
   * Absent where the file is made of the record, after it.
   */
  readonly make?: (path: string, result: Needs, options: Options, keep: Keep) => Promise<Making<Facts>>;
}
