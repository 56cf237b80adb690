import type { Model } from '../../../model/card/model.js';
import { openPool } from '../../../model/sessions/pool.js';
import { createGrid, type Grid } from '../../../plan/windows/grid.js';
import type { Geometry } from '../../../plan/windows/scale.js';
import { selectWindows } from '../../../plan/windows/selection.js';
import type { Slide } from '../../../slide/slide.js';
import { type View, type ViewChoice, workingView } from '../../../slide/view/view.js';
import type { Box, ScoreRows } from '../../../types.js';
import { channelRequest } from '../../prepare/models/channel-request.js';
import { geometryOf } from '../../prepare/window-geometry.js';
import { createStageClock } from '../../records/stage-clock.js';
import { scoreSlide } from './score.js';

/** Where a network beside the models of a run is run. */
export interface HelperDevice {
  readonly device?: string | undefined;
  readonly workers?: number | undefined;
  /** What is done where it gives NaN for a window: an error, or the window is left out. */
  readonly nan?: 'error' | 'skip' | undefined;
}

/** A network that looks at a whole slide, beside the models of the run. */
export interface WholeSlide {
  /** The slide at the network's resolution; the scores have this size. */
  readonly view: View;
  readonly geometry: Geometry;
  /** How many windows are run. */
  readonly windows: number;
  /** The probabilities, from top to bottom. */
  scores(): AsyncGenerator<ScoreRows>;
}

/**
 * Prepares a network to be run over a whole slide, with windows as its card says or as usual, gaussian weights and no
 * turns.
 *
 * @param wanted says whether a window of the network, in px of its view, has to be run; all are by default
 * @throws {SegtileError} `usage` if nothing says how large its windows are
 */
export function wholeSlide(
  model: Model,
  slide: Slide,
  resolution: ViewChoice,
  { device = 'auto', workers, nan }: HelperDevice,
  signal: AbortSignal,
  wanted: (view: View) => (box: Box) => boolean = () => () => true,
): WholeSlide {
  const request = channelRequest(model);
  const view = workingView(slide, resolution);
  const input = request === undefined ? view : workingView(slide, resolution, slide.channelReader(request).read);
  const geometry = geometryOf({}, model, () => undefined);
  const size = { width: view.width, height: view.height };
  const grid: Grid = createGrid({ size, ...geometry, border: model.crop === undefined ? 'keep' : 'mirror' });
  const isWanted = wanted(view);
  const selection = selectWindows(grid, ({ box }) => isWanted(box));
  return {
    view,
    geometry,
    windows: selection.keptCount,
    async *scores() {
      const pool = await openPool(model, { window: grid.window, workers, device, output: 'probabilities', signal });
      try {
        const settings = { channels: model.channels, blend: 'gaussian', nan } as const;
        yield* scoreSlide({ grid, input, selection }, pool, settings, createStageClock(), () => undefined, signal);
      } finally {
        await pool.close();
      }
    },
  };
}
