import { IGNORED } from '../../../plan/labels/ignored.js';
import type { OpenSlideCard } from '../../messages.js';
import { h } from '../dom.js';
import { classesOf, labelsShown, otherRun, pixelPlace, runOf } from '../drawing/layers.js';
import type { ViewState } from '../state.js';
import type { TileStore } from '../tiles/tile-store.js';
import { grouped } from './facts.js';

/** Shows what is under the pointer: its position, the label and the probabilities. */
export interface Readout {
  readonly element: HTMLElement;
  /** Shows a level-0 pixel; undefined if the pointer is not on the slide. */
  tell(slide: OpenSlideCard, state: ViewState, pixel: { readonly x: number; readonly y: number } | undefined): void;
}

/**
 * How long the pointer must rest before values are requested, in milliseconds, so that not every pixel on its path is
 * requested.
 */
const REST = 60;

/** Makes a readout. */
export function createReadout(tiles: TileStore): Readout {
  const element = h('output', { class: 'readout', 'aria-live': 'off' });
  let asked = 0;
  let timer = 0;
  return {
    element,
    tell(slide, state, pixel) {
      const own = ++asked;
      clearTimeout(timer);
      if (pixel === undefined || pixel.x < 0 || pixel.y < 0 || pixel.x >= slide.width || pixel.y >= slide.height) {
        element.textContent = '';
        return;
      }
      const where = `${grouped(pixel.x)}, ${grouped(pixel.y)}`;
      const before = element.textContent?.split('  ').slice(1).join('  ');
      element.textContent = before ? `${where}  ${before}` : where;
      timer = window.setTimeout(async () => {
        const words = await wordsOf(tiles, slide, state, pixel).catch(() => '');
        if (own === asked) element.textContent = `${where}  ${words}`;
      }, REST);
    },
  };
}

async function wordsOf(
  tiles: TileStore,
  slide: OpenSlideCard,
  state: ViewState,
  { x, y }: { readonly x: number; readonly y: number },
): Promise<string> {
  const run = runOf(slide, state);
  const nameOf = (label: number | undefined): string =>
    label === 0 ? 'background' : (classesOf(slide, state).find((each) => each.label === label)?.name ?? String(label ?? ''));
  const parts: string[] = [];
  const labels = labelsShown(tiles, run, state);
  const own = labels && pixelPlace(labels.image, slide, x, y);
  if (labels && own) parts.push(nameOf((await labels.labels(own.place))[own.index]));
  const other = labelsShown(tiles, otherRun(slide, state), { ...state, thresholds: undefined });
  const theirs = other && pixelPlace(other.image, slide, x, y);
  if (other && theirs) parts.push(`beside ${nameOf((await other.labels(theirs.place))[theirs.index])}`);
  if (slide.truth) {
    const there = pixelPlace(slide.truth, slide, x, y);
    const label = there && (await tiles.get(slide.truth, there.place)).data[there.index];
    parts.push(`truth ${label === IGNORED ? 'ignored' : nameOf(label)}`);
  }
  const { scores } = run ?? {};
  const there = scores && pixelPlace(scores, slide, x, y);
  if (scores && there) {
    const { width, height, data } = await tiles.get(scores, there.place);
    const of = (channel: number): number => {
      const value = data[channel * width * height + there.index]!;
      return data instanceof Float32Array ? value : value / 255;
    };
    parts.push(scores.channels.map((name, i) => `${name} ${of(i).toFixed(2)}`).join('  '));
  }
  return parts.filter(Boolean).join('  ');
}
