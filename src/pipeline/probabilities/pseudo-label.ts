import type { Cleaner, CleanUp } from '../../plan/labels/cleaning/clean-up.js';
import { createSureCleaner } from '../../plan/labels/cleaning/sure-cleaner.js';
import { type ConfidentCount, confidentRows, emptyConfidentCount } from '../../plan/labels/confident.js';
import { stretcher } from '../../plan/labels/stretch.js';
import type { Probabilities } from '../../slide/probabilities.js';
import type { MaskClass } from '../../types.js';
import { counted } from '../infer/label-scores.js';
import type { RunFiles } from '../outputs/files.js';
import { makeOutputs } from '../outputs/make.js';
import { type ResultFacts, resultOutputs } from '../outputs/table.js';
import { geoFor } from '../prepare/place.js';
import { filesAndRecord } from '../records/files-and-record.js';
import { peakRss, versions } from '../records/machine.js';
import { type CleanedFacts, cleanedFacts, round } from '../records/record.js';
import type { StageClock } from '../records/stage-clock.js';
import { levelZero } from './level-zero.js';
import { type ProbabilityFacts, probabilityFacts } from './threshold.js';

/** The settings that decide which predictions are kept as labels. */
export interface PseudoLabelSettings {
  /** The least probability that counts as sure, up to 1; above 0.5, or above `background`. */
  readonly confidence: number;
  /** The highest probability of any class where background is sure; undefined if `confidence` decides on that. */
  readonly background: number | undefined;
  /** The sizes of sure and of ignored regions that are too small, in pixels of the probabilities. */
  readonly cleanUp: CleanUp | undefined;
  /** Mask value of pixels that are not sure, 1 to 255; none of the labels of the classes. */
  readonly ignore: number;
}

/** How much of a class was kept, in pixels of the probabilities. */
export interface KeptShare {
  readonly label: number;
  readonly name: string;
  /** The number of predicted pixels, and how many of them are sure. */
  readonly predicted: number;
  readonly kept: number;
  /** Kept pixels divided by predicted pixels; null if nothing is predicted. */
  readonly share: number | null;
}

/** The record of pseudo labels: which files were made, and how. */
export interface PseudoLabelRecord extends ResultFacts {
  readonly probabilities: ProbabilityFacts;
  readonly classes: readonly MaskClass[];
  readonly settings: Omit<PseudoLabelSettings, 'background' | 'cleanUp'> & {
    readonly background: number | null;
    readonly cleanUp: CleanUp | null;
  };
  /** Background (label 0) first, then the classes; before the clean-up. */
  readonly kept: readonly KeptShare[];
  /** Regions that were too small: those that are ignored now, and ignored ones that have a label now. */
  readonly cleaned: CleanedFacts | null;
  /** Share of the slide's area that has a label, including background, after the clean-up. */
  readonly keptShare: number;
  /**
   * Share of the slide's area where no window was run, as far as it is known: 8-bit probabilities of independent
   * classes do not show it.
   */
  readonly unseenShare: number;
  readonly seconds: Readonly<Record<string, number>>;
  readonly peakRssBytes: number;
  readonly versions: Readonly<Record<string, string>>;
}

/**
 * Makes a mask of the predictions that are sure, as labels for training; see `confidentRows` for the rule. It has the
 * size of the mask of the slide. The data is streamed; memory does not depend on the height. Mask and record appear
 * together or not at all.
 *
 * @param onRows called with the number of finished rows of the probabilities
 * @returns the record, as it was written
 * @throws {SegtileError} `input` for a damaged file; `output` if a file cannot be written; `aborted` when the signal
 *   fires
 */
export async function sureLabels(
  probabilities: Probabilities,
  settings: PseudoLabelSettings,
  files: RunFiles,
  clock: StageClock,
  onRows: (done: number) => void,
  signal: AbortSignal,
): Promise<PseudoLabelRecord> {
  const { map, width } = probabilities;
  const { labels, exclusive, mask } = map;
  const classes = map.classes.map(({ label, name, color }) => ({ label, name, color }));
  return filesAndRecord(
    files,
    async (keep) => {
      const shown = [...classes, { label: settings.ignore, name: 'ignore', color: [128, 128, 128] as const }];
      const size = { ...mask, mpp: mask.mpp ?? undefined };
      const { replace } = files;
      const slide = await levelZero(probabilities);
      const form = {
        name: files.name,
        size,
        slide,
        geo: geoFor(probabilities, mask),
        classes: shown,
        maskValues: 'labels' as const,
        scores: undefined,
        pixels: undefined,
        replace,
        clock,
      };
      const makings = await makeOutputs(resultOutputs, files, form, keep);
      const count = emptyConfidentCount();
      const stretch = stretcher(probabilities, mask);
      const cleaner = settings.cleanUp && createSureCleaner(probabilities, settings.cleanUp, settings.ignore);
      const scores = counted(clock.stream('read', probabilities.readScores(signal)), onRows);
      for await (const rows of scores) {
        const sure = clock.sync('label', () => confidentRows(rows, width, { labels, exclusive, ...settings }, count));
        for (const cleaned of cleaner ? cleaner.clean(sure) : [sure])
          for (const rows of stretch(cleaned))
            await clock.wait('write', Promise.all(makings.labels.map((sink) => sink.write(rows))));
      }
      const outputs = await makings.facts({ tissue: null, region: null });
      return () => ({
        probabilities: probabilityFacts(probabilities),
        classes,
        settings: { ...settings, background: settings.background ?? null, cleanUp: settings.cleanUp ?? null },
        ...keptFacts(probabilities, classes, count, cleaner),
        cleaned: cleanedFacts(cleaner?.count),
        ...outputs,
        seconds: clock.seconds(),
        peakRssBytes: peakRss(),
        versions: versions(),
      });
    },
    clock,
    signal,
  );
}

function keptFacts(
  { width, height }: Probabilities,
  classes: readonly MaskClass[],
  { predicted, kept, unseen }: ConfidentCount,
  cleaner: Cleaner | undefined,
): Pick<PseudoLabelRecord, 'kept' | 'keptShare' | 'unseenShare'> {
  const pixels = width * height;
  return {
    kept: [{ label: 0, name: 'background' }, ...classes].map(({ label, name }) => {
      const [all, sure] = [predicted[label]!, kept[label]!];
      return { label, name, predicted: all, kept: sure, share: all === 0 ? null : round(sure / all) };
    }),
    keptShare: round((kept.reduce((sum, each) => sum + each, 0) + (cleaner ? -cleaner.count.change[0]! : 0)) / pixels),
    unseenShare: round(unseen / pixels),
  };
}
