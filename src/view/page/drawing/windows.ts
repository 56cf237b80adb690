import type { LookedMessage, OpenSlideCard, RunCard } from '../../messages.js';
import { ask } from '../api.js';
import type { LayerName, Store } from '../state.js';

/** Colours of the windows that were run, and of those that were skipped. */
export const WINDOW_COLORS = { run: 'rgb(0 114 178)', skipped: 'rgb(213 94 0)' } as const;

/** Where runs looked. This takes the server a while, so it is requested only when it is first to be shown. */
export interface LookedLayers {
  /** Where a run looked; undefined if that is not needed, or not known yet. */
  of(slide: OpenSlideCard, run: RunCard | undefined): LookedMessage | undefined;
  /** Draws the windows of a run, if their layer is shown. */
  draw(slide: OpenSlideCard, run: RunCard | undefined, context: CanvasRenderingContext2D, scale: number): void;
}

const NEEDING: readonly LayerName[] = ['windows', 'tissue', 'region'];

/**
 * Makes the layers that show where runs looked.
 *
 * @param came called when an answer of the server has arrived
 * @param tell shows a message about the progress
 */
export function createLooked(store: Store, came: () => void, tell: (words: string) => void): LookedLayers {
  const held = new Map<string, LookedMessage | undefined>();

  function of(slide: OpenSlideCard, run: RunCard | undefined): LookedMessage | undefined {
    if (!run?.looked || !NEEDING.some((name) => store.state.shown.includes(name))) return undefined;
    const key = `${slide.id} ${run.id}`;
    if (held.has(key)) return held.get(key);
    held.set(key, undefined);
    tell('finding out where it looked …');
    ask<LookedMessage>(`looked/${slide.id}/${run.id}`).then(
      (found) => {
        held.set(key, found);
        tell(found.notes.join('; '));
        came();
      },
      (error: Error) => tell(error.message),
    );
    return undefined;
  }

  return {
    of,
    draw(slide, run, context, scale) {
      if (!store.state.shown.includes('windows')) return;
      const found = of(slide, run);
      if (found === undefined) return;
      const [across, down] = [slide.width / found.spans.width, slide.height / found.spans.height];
      context.save();
      context.globalAlpha = store.state.opacity.windows;
      context.lineWidth = 1.5 / scale;
      for (const kind of [0, 1] as const) {
        context.strokeStyle = kind === 1 ? WINDOW_COLORS.run : WINDOW_COLORS.skipped;
        context.fillStyle = 'rgb(213 94 0 / 0.12)';
        context.beginPath();
        for (const [x, y, width, height, run] of found.windows) {
          if (run === kind) context.rect(x * across, y * down, width * across, height * down);
        }
        if (kind === 0) context.fill();
        context.stroke();
      }
      context.restore();
    },
  };
}
