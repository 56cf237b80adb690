import type { MaskClass } from '../../../types.js';
import type { CorrectedFeature, Corrections, OpenSlideCard } from '../../messages.js';
import { ask, put } from '../api.js';
import { css } from '../drawing/layers.js';
import { type Corner, cornerAt, drawCorners, movedCorner, withoutCorner } from './corners.js';
import { areaOf, featureOf, holds, simplified, withArea, withClass } from './features.js';
import { type DrawnArea, type Point, shared, simpleArea, strokeArea, united, without } from './shapes.js';

/** Edits and saves the polygons that were drawn on a slide. */
export interface Editor {
  readonly features: readonly CorrectedFeature[];
  /** The chosen polygon, if any. */
  readonly chosen: CorrectedFeature | undefined;
  /** Switches to another slide, and loads what was drawn on it before. */
  open(slide: OpenSlideCard): Promise<void>;
  add(feature: CorrectedFeature): void;
  /**
   * Adds a polygon that was drawn. It is first simplified, and left out if nothing remains. Where it crosses itself, it
   * is divided.
   *
   * @param near the tolerance of {@link simplified}, in level-0 px
   */
  drawn(corners: readonly Point[], of: MaskClass, near: number): void;
  /**
   * Adds what a brush covers on its path: to the chosen polygon; without one, to the topmost of the class that it touches;
   * without such a one, as a new polygon.
   */
  paint(path: readonly Point[], radius: number, of: MaskClass): void;
  /** Takes what an eraser covers on its path away from the chosen polygon; without one, from all. */
  erase(path: readonly Point[], radius: number): void;
  /**
   * Takes hold of a corner of the chosen polygon, or of the middle of a side, which becomes a corner.
   *
   * @param near how far away it may be, in level-0 px
   * @param scale screen px per level-0 px
   * @returns false if there is none
   */
  grab(point: Point, near: number, scale: number): boolean;
  /** Moves the corner; `drop` lets go of it. A corner that was not moved is chosen. */
  pull(point: Point): void;
  drop(): void;
  /** Chooses the polygon at a point; of several, the one that was added last. Chooses none if there is none. */
  choose(point: Point | undefined): void;
  /** Removes the chosen corner; without one, the chosen polygon. */
  remove(): void;
  reclass(to: MaskClass): void;
  undo(): void;
  redo(): void;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  /** Draws the polygons; `corners` says whether also the corners of the chosen one that can be moved. */
  draw(context: CanvasRenderingContext2D, scale: number, corners: boolean): void;
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
  let corner: Corner | undefined;
  let pulled: DrawnArea | undefined;
  let timer = 0;
  let unsaved = false;
  let saving: Promise<void> = Promise.resolve();

  function change(next: readonly CorrectedFeature[]): void {
    past.push(features);
    future = [];
    show(next);
  }

  /** Replaces polygons by what becomes of them; undefined removes one. The chosen one stays chosen. */
  function replace(become: (feature: CorrectedFeature) => CorrectedFeature | undefined): void {
    let next = chosen;
    const all = features.flatMap((feature) => {
      const made = become(feature);
      if (feature === chosen) next = made;
      return made ?? [];
    });
    if (all.length === features.length && all.every((each, i) => each === features[i])) return;
    chosen = next;
    corner = undefined;
    change(all);
  }

  function show(next: readonly CorrectedFeature[]): void {
    features = next;
    if (chosen && !features.includes(chosen)) chosen = features.find(({ id }) => id === chosen?.id);
    unsaved = true;
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
    const sent = features;
    const saved = await put<Corrections>(`corrections/${own}`, { stamp, features });
    if (slide.id !== own) return;
    stamp = saved.stamp;
    unsaved = features !== sent;
    tell(`saved: ${saved.path}`);
  }

  addEventListener('beforeunload', (event) => {
    if (unsaved) event.preventDefault();
  });

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
      const made = featureOf(simpleArea([[[...ring, ring[0]!]]]), of);
      if (made) change([...features, made]);
    },
    paint(path, radius, of) {
      const stroke = strokeArea(path, radius);
      const touched = (each: CorrectedFeature): boolean =>
        each.properties.classification.name === of.name && shared(areaOf(each), stroke).length > 0;
      const onto = chosen ?? features.findLast(touched);
      if (onto) replace((each) => (each === onto ? withArea(each, united(areaOf(each), stroke)) : each));
      else change([...features, featureOf(stroke, of)!]);
    },
    erase(path, radius) {
      const stroke = strokeArea(path, radius);
      const of = chosen;
      replace((each) =>
        (of === undefined || each === of) && shared(areaOf(each), stroke).length > 0
          ? withArea(each, without(areaOf(each), stroke))
          : each,
      );
    },
    grab(point, near, scale) {
      const found = chosen && cornerAt(areaOf(chosen), point, near, scale);
      corner = found;
      changed();
      return found !== undefined;
    },
    pull(point) {
      if (!chosen || !corner) return;
      pulled = movedCorner(areaOf(chosen), corner, point);
      changed();
    },
    drop() {
      const area = pulled && simpleArea(pulled);
      pulled = undefined;
      // What was pulled until nothing remains stays as it was.
      if (area && area.length > 0) replace((each) => (each === chosen ? withArea(each, area) : each));
      else if (corner?.between) corner = undefined;
      changed();
    },
    choose(point) {
      corner = undefined;
      chosen = point && features.findLast((feature) => holds(feature, point));
      changed();
    },
    remove() {
      const [own, at] = [chosen, corner];
      const less = own && at && simpleArea(withoutCorner(areaOf(own), at));
      replace((each) => (each !== own ? each : less && withArea(each, less)));
    },
    reclass(to) {
      if (!chosen) return;
      const own = chosen;
      replace((each) => (each === own ? withClass(each, to) : each));
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
    draw(context, scale, corners) {
      for (const feature of features) {
        const color = css(feature.properties.classification.color as MaskClass['color']);
        context.beginPath();
        const area = feature === chosen && pulled ? pulled : areaOf(feature);
        for (const ring of area.flat()) trace(context, ring);
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
      if (chosen && corners) drawCorners(context, pulled ?? areaOf(chosen), scale, pulled ? undefined : corner);
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
