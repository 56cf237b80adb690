import type { MaskClass } from '../../../types.js';
import type { CorrectedFeature, Corrections, OpenSlideCard } from '../../messages.js';
import { ask, put } from '../api.js';
import { css } from '../drawing/layers.js';
import type { DrawMore } from '../drawing/overlay.js';
import { featureOf, holds, type Point, ringsOf, simplified, withClass } from './features.js';

/** Edits and saves the polygons that were drawn on a slide. */
export interface Editor {
  readonly features: readonly CorrectedFeature[];
  /** The chosen polygon, if any. */
  readonly chosen: CorrectedFeature | undefined;
  /** Switches to another slide, and loads what was drawn on it before. */
  open(slide: OpenSlideCard): Promise<void>;
  add(feature: CorrectedFeature): void;
  /**
   * Adds a polygon that was drawn. It is first simplified, and left out if fewer than three corners remain.
   *
   * @param near the tolerance of {@link simplified}, in level-0 px
   */
  drawn(corners: readonly Point[], of: MaskClass, near: number): void;
  /** Chooses the polygon at a point; of several, the one that was added last. Chooses none if there is none. */
  choose(point: Point | undefined): void;
  remove(): void;
  reclass(to: MaskClass): void;
  undo(): void;
  redo(): void;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  readonly draw: DrawMore;
}

/** The time between a change and when it is saved, in milliseconds. */
const PAUSE = 600;

/**
 * Makes an editor. It saves all changes automatically.
 *
 * @param changed called after every change
 * @param tell shows whether the changes were saved
 */
export function createEditor(changed: () => void, tell: (words: string) => void): Editor {
  let slide: OpenSlideCard | undefined;
  let stamp = '';
  let features: readonly CorrectedFeature[] = [];
  let chosen: CorrectedFeature | undefined;
  let past: (readonly CorrectedFeature[])[] = [];
  let future: (readonly CorrectedFeature[])[] = [];
  let timer = 0;
  let saving: Promise<void> = Promise.resolve();

  function change(next: readonly CorrectedFeature[]): void {
    past.push(features);
    future = [];
    show(next);
  }

  function show(next: readonly CorrectedFeature[]): void {
    features = next;
    if (chosen && !features.includes(chosen)) chosen = undefined;
    changed();
    tell('not saved yet');
    clearTimeout(timer);
    timer = window.setTimeout(() => {
      saving = saving.then(save).catch((error: Error) => tell(`not saved: ${error.message}`));
    }, PAUSE);
  }

  async function save(): Promise<void> {
    if (slide === undefined) return;
    const own = slide.id;
    const saved = await put<Corrections>(`corrections/${own}`, { stamp, features });
    if (slide.id !== own) return;
    stamp = saved.stamp;
    tell(`saved: ${saved.path}`);
  }

  return {
    get features() {
      return features;
    },
    get chosen() {
      return chosen;
    },
    get canUndo() {
      return past.length > 0;
    },
    get canRedo() {
      return future.length > 0;
    },
    async open(next) {
      slide = next;
      [features, chosen, past, future, stamp] = [[], undefined, [], [], ''];
      changed();
      tell('');
      const found = await ask<Corrections>(`corrections/${next.id}`);
      if (slide !== next) return;
      ({ features, stamp } = found);
      if (features.length > 0) tell(found.path);
      changed();
    },
    add: (feature) => change([...features, feature]),
    drawn(corners, of, near) {
      const ring = simplified(corners, near);
      if (ring.length >= 3) change([...features, featureOf(ring, of)]);
    },
    choose(point) {
      chosen = point && features.findLast((feature) => holds(feature, point));
      changed();
    },
    remove() {
      if (chosen) change(features.filter((feature) => feature !== chosen));
    },
    reclass(to) {
      if (!chosen) return;
      const next = withClass(chosen, to);
      const all = features.map((feature) => (feature === chosen ? next : feature));
      chosen = next;
      change(all);
    },
    undo() {
      const before = past.pop();
      if (before === undefined) return;
      future.push(features);
      show(before);
    },
    redo() {
      const next = future.pop();
      if (next === undefined) return;
      past.push(features);
      show(next);
    },
    draw(context, scale) {
      for (const feature of features) {
        const color = css(feature.properties.classification.color as MaskClass['color']);
        context.beginPath();
        for (const ring of ringsOf(feature)) trace(context, ring);
        context.fillStyle = color;
        context.globalAlpha = feature === chosen ? 0.45 : 0.2;
        context.fill('evenodd');
        context.globalAlpha = 1;
        context.strokeStyle = feature === chosen ? '#fff' : 'rgb(0 0 0 / 0.6)';
        context.lineWidth = 4.5 / scale;
        context.stroke();
        context.strokeStyle = color;
        context.lineWidth = 2.5 / scale;
        context.stroke();
      }
    },
  };
}

function trace(context: CanvasRenderingContext2D, ring: readonly Point[]): void {
  for (const [i, [x, y]] of ring.entries()) {
    if (i === 0) context.moveTo(x, y);
    else context.lineTo(x, y);
  }
  context.closePath();
}
