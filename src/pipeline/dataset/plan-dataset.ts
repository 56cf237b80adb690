import { manifestColumns } from '../../dataset/manifest.js';
import { SegtileError, throwIfAborted } from '../../errors.js';
import type { MaskClass } from '../../types.js';
import { commonClasses, type DivideSettings, divideTiles, type SlideTiles } from './split.js';
import { type DatasetSlide, type Survey, type SurveySettings, surveySlide } from './survey-slide.js';

/** What decides which tiles a dataset has. */
export interface DatasetPlanSettings {
  readonly survey: SurveySettings;
  readonly divide: DivideSettings;
}

/** What to tell whoever waits for a plan. */
export interface DatasetPlanWatcher {
  /** A slide was looked at; its tiles are not planned before all slides were. */
  surveyed(survey: Survey, done: number): void;
  failed(slide: DatasetSlide, error: unknown): void;
}

/** Which tiles a dataset will have. Nothing has been written. */
export interface DatasetPlan {
  readonly classes: readonly MaskClass[];
  readonly slides: readonly SlideTiles[];
}

/**
 * Looks at all slides and decides which windows of them become tiles, and where they go. A slide that fails is left out.
 *
 * @throws {SegtileError} `input` where no slide has a window to give, or labels of slides contradict each other; `usage` where there are too
 *   few groups for the parts that are asked for; `aborted` when the signal fires
 */
export async function planDataset(
  slides: readonly DatasetSlide[],
  settings: DatasetPlanSettings,
  watcher: DatasetPlanWatcher,
  signal: AbortSignal,
): Promise<DatasetPlan> {
  const surveys: Survey[] = [];
  for (const [index, slide] of slides.entries()) {
    try {
      throwIfAborted(signal);
      const survey = await surveySlide(slide, settings.survey, signal);
      surveys.push(survey);
      watcher.surveyed(survey, index + 1);
    } catch (error) {
      throwIfAborted(signal);
      watcher.failed(slide, error);
    }
  }
  const classes = commonClasses(surveys);
  manifestColumns(classes);
  const divided = divideTiles(surveys, settings.divide);
  if (surveys.length > 0 && divided.every(({ tiles }) => tiles.length === 0)) {
    throw new SegtileError(
      'input',
      'no window of any slide was kept, so there is nothing to write',
      'keep glass as well with --tissue none, ask for less tissue with --min-tissue, for another --sample, or for a smaller --window or --guard',
    );
  }
  return { classes, slides: divided };
}
