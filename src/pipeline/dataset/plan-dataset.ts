import { manifestColumns } from '../../dataset/manifest.js';
import { SegtileError, throwIfAborted } from '../../errors.js';
import type { MaskClass } from '../../types.js';
import { commonClasses, type DivideSettings, divideTiles, type SlideTiles } from './split.js';
import { type DatasetSlide, type Survey, type SurveySettings, surveySlide } from './survey-slide.js';

/** The settings that decide which tiles a dataset has. */
export interface DatasetPlanSettings {
  readonly survey: SurveySettings;
  readonly divide: DivideSettings;
}

/** Callbacks for progress of planning. */
export interface DatasetPlanWatcher {
  /** Called after a slide was surveyed. Tiles are planned once all slides are surveyed. */
  surveyed(survey: Survey, done: number): void;
  failed(slide: Pick<DatasetSlide, 'path'>, error: unknown): void;
}

/** The tiles that a dataset will have. Nothing has been written yet. */
export interface DatasetPlan {
  readonly classes: readonly MaskClass[];
  readonly slides: readonly SlideTiles[];
}

/**
 * Surveys all slides and decides which of their windows become tiles, and in which part of the dataset. A slide that
 * fails is left out.
 *
 * @throws {SegtileError} `input` if no slide has a window to use, or labels of slides contradict each other; `usage` if
 *   there are too few groups for the wanted parts; `aborted` when the signal fires
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
      'keep glass with --tissue none, lower --min-tissue, choose another --sample, or a smaller --window or --guard',
    );
  }
  return { classes, slides: divided };
}
