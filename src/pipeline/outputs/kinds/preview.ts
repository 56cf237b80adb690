import type { CommitOptions } from '../../../io/partial-file.js';
import { createPreview } from '../../../mask/preview/preview.js';
import type { Box, Size } from '../../../types.js';
import type { SlidePlan } from '../../prepare/plan-slide.js';
import type { OfLabels, RunResult } from '../output.js';

/** A small picture of the slide with the mask over it. */
export async function previewOfLabels(path: string, result: RunResult): Promise<OfLabels<string>> {
  const { plan, size, classes, replace, clock } = result;
  const overview = await clock.wait('plan', plan.overview());
  const covered = [...coveredBoxes(plan, size)];
  const { width, height, mpp } = size;
  const preview = { overview, size: { width, height }, classes, covered, mpp, replace };
  return { file: { path, kind: 'preview', preview }, facts: path };
}

/**
 * Makes a picture of the slide before a run, in which the area that would be skipped is hatched. No model is run.
 *
 * @throws {SegtileError} `output` if the file cannot be written
 */
export async function writePlanPicture(path: string, plan: SlidePlan, { replace }: CommitOptions): Promise<void> {
  const overview = await plan.overview();
  const { width, height } = overview;
  const covered = coveredBoxes(plan, overview);
  const { slide } = plan;
  const mpp = slide.mpp && { x: (slide.mpp.x * slide.width) / width, y: (slide.mpp.y * slide.height) / height };
  const picture = await createPreview(path, { overview, size: { width, height }, classes: [], covered, mpp, replace });
  try {
    await picture.write({ y: 0, width, height, channels: 1, data: new Uint8Array(width * height) });
  } catch (error) {
    await picture.abort();
    throw error;
  }
  await picture.finish();
}

/**
 * The cores of the windows that are run or that a gate denied, in pixels of the mask: the area that is known to be labelled
 * or to be background.
 */
function* coveredBoxes(plan: SlidePlan, size: Size): Generator<Box> {
  const { spans } = plan.view;
  const [x, y] = [size.width / spans.width, size.height / spans.height];
  for (const core of coresOf(plan)) yield { x: core.x * x, y: core.y * y, width: core.width * x, height: core.height * y };
}

function* coresOf(plan: SlidePlan): Generator<Box> {
  for (const { grid, selection } of [plan, ...plan.others])
    for (let row = 0; row < grid.rows; row++) for (const { core } of selection.kept(row)) yield core;
  yield* plan.gated?.deniedCores ?? [];
}
