import { SegtileError } from '../../errors.js';
import type { Model } from '../../model/card/model.js';
import { cutWindows } from '../../slide/view/cut.js';
import { channelRequest } from '../prepare/models/channel-request.js';
import { planSlide } from '../prepare/plan-slide.js';
import { PAIRS } from './compare-labels.js';
import { shownWindow } from './perceive.js';
import { pictureSide, type TrialPicture } from './trial-pictures.js';

/**
 * Pictures of a slide at the resolution of a model, spread evenly over its tissue.
 *
 * @throws {SegtileError} as `planSlide`; `usage` if the slide has no tissue
 */
export async function slidePictures(
  path: string,
  model: Model,
  slideMpp: number | undefined,
  signal: AbortSignal,
): Promise<readonly TrialPicture[]> {
  const side = pictureSide(shownWindow(model));
  const window = { width: side, height: side };
  const settings = { resolution: undefined, slideMpp, request: channelRequest(model), window, stride: window, margin: 0 };
  const plan = await planSlide(
    path,
    { ...settings, border: 'keep', tissue: { kind: 'auto' }, minTissue: 0.25 },
    model.mpp,
    signal,
  );
  try {
    const { selection, input } = plan;
    const every = Math.max(1, Math.floor(selection.keptCount / PAIRS));
    const pictures: TrialPicture[] = [];
    const spread = new Set<number>();
    for (let row = 0, seen = 0; row < selection.count; row++)
      for (const { index } of selection.kept(row)) if (seen++ % every === 0) spread.add(index);
    // A row is asked for more than once.
    const kept = (row: number) => selection.kept(row).filter(({ index }) => spread.has(index));
    for await (const { pixels } of cutWindows(input, { ...selection, kept }, signal)) {
      pictures.push({ ...window, data: pixels });
      if (pictures.length === PAIRS) break;
    }
    if (pictures.length > 0) return pictures;
    throw new SegtileError('usage', `${path} holds no tissue to compare labels on`, 'name another slide, or none');
  } finally {
    await plan.slide.close();
  }
}
