import type { CleanUp } from '../../plan/labels/cleaning/clean-up.js';
import type { LabelRule } from '../../plan/labels/labels.js';
import type { ScoreMap } from '../../plan/scores/score-map.js';
import type { ProbabilityType } from '../../plan/scores/score-planes.js';
import type { Probabilities } from '../../slide/probabilities.js';
import { openRegion, type RegionFile } from '../../truth/region.js';
import type { Mpp, Size } from '../../types.js';
import { counted, type LabelResult, labelScores } from '../infer/label-scores.js';
import type { RunFiles } from '../outputs/files.js';
import { makeOutputs } from '../outputs/make.js';
import { type ResultFacts, resultOutputs } from '../outputs/table.js';
import { geoFor } from '../prepare/place.js';
import { filesAndRecord } from '../records/files-and-record.js';
import { peakRss, versions } from '../records/machine.js';
import { type ClassShare, type CleanedFacts, cleanedFacts, round, sharesOf } from '../records/record.js';
import type { StageClock } from '../records/stage-clock.js';
import { type RegionFacts, regionFacts } from '../tissue/region.js';
import { levelZero } from './level-zero.js';

/** The settings that turn probabilities into a mask. */
export interface ThresholdSettings {
  readonly rule: LabelRule;
  /** Sizes are in pixels of the probabilities. */
  readonly cleanUp: CleanUp | undefined;
  readonly maskValues: 'labels' | '255';
  /** What is resized to the size of the mask, see `LabelSettings`. */
  readonly enlarge?: 'labels' | 'scores';
  /** The region of interest, the size of level 0 of the slide in px, and the slide's name. */
  readonly roi?: { readonly file: RegionFile; readonly slide: Size; readonly name: string } | undefined;
}

/** The file that probabilities were read from, for records. */
export interface ProbabilityFacts extends Size {
  readonly path: string;
  readonly samples: ProbabilityType;
  readonly mpp: Mpp | null;
}

/** The record of a mask made from probabilities. */
export interface ThresholdRecord extends ResultFacts {
  readonly probabilities: ProbabilityFacts;
  readonly classes: ScoreMap['classes'];
  readonly settings: {
    readonly labels: LabelRule;
    readonly cleanUp: CleanUp | null;
    readonly maskValues: 'labels' | '255';
    readonly enlarge: 'labels' | 'scores';
    readonly region: Omit<RegionFacts, 'share' | 'tissueShare'> | null;
  };
  /**
   * Share of the slide's area, or of the region of interest, where a window was run; null if 8-bit values do not
   * distinguish it from probabilities of 0.
   */
  readonly coverage: number | null;
  /** The share of each class. */
  readonly classShares: readonly ClassShare[];
  readonly cleaned: CleanedFacts | null;
  readonly seconds: Readonly<Record<string, number>>;
  readonly peakRssBytes: number;
  readonly versions: Readonly<Record<string, string>>;
}

/** The record entry of the file that probabilities were read from. */
export function probabilityFacts({ path, width, height, mpp, map }: Probabilities): ProbabilityFacts {
  return { path, samples: map.samples, width, height, mpp: mpp ?? null };
}

/** The share of pixels where a window was run; null if that is not known. */
function coverageOf(
  { map }: Pick<Probabilities, 'map'>,
  { covered, inside }: Pick<LabelResult, 'covered' | 'inside'>,
): number | null {
  return map.samples === 'uint8' && !map.exclusive ? null : inside === 0 ? 0 : round(covered / inside);
}

/**
 * Makes the mask of a slide from its probabilities, without the model. With the same thresholds, it is the mask that
 * the run of these probabilities makes, with the same size. The data is streamed; memory does not depend on the height.
 * Mask and record appear together or not at all.
 *
 * @param onRows called with the number of finished rows of the probabilities
 * @returns the record, as it was written
 * @throws {SegtileError} `input` for a damaged file; `output` if a file cannot be written; `aborted` when the signal
 *   fires
 */
export async function maskOfProbabilities(
  probabilities: Probabilities,
  settings: ThresholdSettings,
  files: RunFiles,
  clock: StageClock,
  onRows: (done: number) => void,
  signal: AbortSignal,
): Promise<ThresholdRecord> {
  const { map } = probabilities;
  const { classes, mask } = map;
  const { rule, cleanUp, maskValues, enlarge = 'labels', roi } = settings;
  return filesAndRecord(
    files,
    async (keep) => {
      const size = { ...mask, mpp: mask.mpp ?? undefined };
      const slide = await levelZero(probabilities);
      const form = {
        name: files.name,
        size,
        slide,
        geo: geoFor(probabilities, mask),
        classes,
        maskValues,
        scores: { size: probabilities, labels: rule.labels },
        pixels: undefined,
        replace: files.replace,
        clock,
      };
      const makings = await makeOutputs(resultOutputs, files, form, keep);
      const scores = counted(clock.stream('read', probabilities.readScores(signal)), onRows);
      const region = roi && (await openRegion(roi.file, roi.slide, roi.name, signal));
      const label = { squash: undefined, rule, cleanUp, enlarge, region };
      const labelling = labelScores(scores, probabilities, label, makings, mask, clock);
      const result = await labelling.finally(() => region?.close());
      const outputs = await makings.facts({ tissue: null, region: roi ? result.inside / result.pixels : null });
      return () => ({
        probabilities: probabilityFacts(probabilities),
        classes,
        settings: { labels: rule, cleanUp: cleanUp ?? null, maskValues, enlarge, region: roi ? regionFacts(roi.file) : null },
        coverage: coverageOf(probabilities, result),
        classShares: sharesOf(classes, result, result, { tissue: null, region: roi !== undefined }),
        cleaned: cleanedFacts(result.cleaned),
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
