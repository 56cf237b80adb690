import type { FoundError, ListedObject, OpenSlideCard, RunCard, ShownObject, TiledImage } from '../messages.js';
import { ask } from './api.js';
import { fill, h } from './dom.js';
import { runOf } from './drawing/layers.js';
import type { DrawMore } from './drawing/overlay.js';
import { strokeWithRim } from './drawing/rim.js';
import type { Mover } from './drawing/views.js';
import { createObjectsPanel, type PixelArea } from './panels/objects.js';
import type { Store } from './state.js';

/** Shows single objects and errors: outlines the chosen one, and lists the measures of an object. */
export interface Inspector {
  /** The element with the measures of the chosen object. */
  readonly chosen: HTMLElement;
  /** The element with counts and sizes of all objects. */
  readonly objects: HTMLElement;
  /** Switches to a slide and its run; nothing is chosen then. */
  show(slide: OpenSlideCard): void;
  /** Chooses the object of a run at a pixel of level 0; the run is the one that is shown, unless another is given. */
  choose(x: number, y: number, of?: RunCard): Promise<void>;
  /** Moves the view to the next place where the mask differs from the truth. */
  nextError(): Promise<void>;
  /** The chosen object, if any. */
  readonly object: ShownObject | undefined;
  readonly draw: DrawMore;
}

/** A rectangle. */
interface Marked {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const ERROR_WORDS: Readonly<Record<FoundError['kind'], string>> = {
  missed: 'missed',
  extra: 'too much',
  other: 'another class',
};

/**
 * Makes an inspector.
 *
 * @param refresh draws the overlay again
 * @param tell shows a message in the status line of the page
 */
export function createInspector(
  store: Store,
  stage: () => Mover,
  refresh: () => void,
  tell: (words: string) => void,
): Inspector {
  const chosen = h('div', { 'aria-live': 'polite' });
  const panel = createObjectsPanel((object) => void goTo(object));
  let slide: OpenSlideCard | undefined;
  let run: RunCard | undefined;
  let object: ShownObject | undefined;
  let marked: Marked | undefined;
  let errors: Promise<readonly FoundError[]> | undefined;
  let nth = -1;

  const hint = (): void =>
    fill(chosen, h('p', { class: 'quiet' }, 'Click on an object to see its measures; a takes it into the corrections.'));

  /** Converts a rectangle from px of a mask to level-0 px. */
  function atLevelZero(image: TiledImage, { x, y, width, height }: Marked): Marked {
    const [across, down] = [slide!.width / image.spans.width, slide!.height / image.spans.height];
    return { x: x * across, y: y * down, width: width * across, height: height * down };
  }

  function lookAt(box: Marked): void {
    marked = box;
    const view = stage().place();
    const zoom = Math.min(2, 300 / Math.max(box.width, box.height));
    stage().go({ x: box.x + box.width / 2, y: box.y + box.height / 2, zoom, turn: view?.turn ?? 0 });
    refresh();
  }

  async function goTo(listed: ListedObject): Promise<void> {
    const mask = run?.mask;
    if (!mask) return;
    object = undefined;
    lookAt(atLevelZero(mask, listed));
  }

  function tellObject({ name, area, centroid, measures }: ShownObject): void {
    const rows: (readonly [string, string])[] = [
      ['class', name],
      ['centre', `${Math.round(centroid.x)}, ${Math.round(centroid.y)} px`],
      ...measures.map(([measure, value]) => [measure.replace('^2', '²'), String(Number(value.toPrecision(4)))] as const),
      ...(slide?.mpp ? [] : [['area', `${area} px`] as const]),
    ];
    fill(chosen, h('dl', { class: 'facts' }, ...rows.flatMap(([key, value]) => [h('dt', {}, key), h('dd', {}, value)])));
  }

  return {
    get object() {
      return object;
    },
    chosen,
    objects: panel.element,
    show(next) {
      slide = next;
      run = runOf(next, store.state);
      object = undefined;
      marked = undefined;
      errors = undefined;
      nth = -1;
      hint();
      panel.show(run?.mask ?? undefined, pixelArea(next, run?.mask ?? undefined));
    },
    async choose(x, y, of = run) {
      const mask = of?.mask;
      if (!slide || !mask) return;
      if (store.state.thresholds && of === run) {
        fill(chosen, h('p', { class: 'quiet' }, 'Objects are those of the mask: go back to it to choose one.'));
        return;
      }
      const column = Math.floor(((x + 0.5) * mask.spans.width) / slide.width);
      const row = Math.floor(((y + 0.5) * mask.spans.height) / slide.height);
      const found = await ask<ShownObject | null>(`masks/${mask.id}/at?x=${column}&y=${row}`);
      object = found ?? undefined;
      marked = undefined;
      if (found) tellObject(found);
      else hint();
      refresh();
    },
    async nextError() {
      const mask = run?.mask;
      if (!slide?.truth || !mask) {
        tell(slide?.truth ? 'there is no mask' : 'there is no truth: name it with --truth');
        return;
      }
      if (errors === undefined) tell('looking for errors …');
      errors ??= ask<readonly FoundError[]>(`masks/${mask.id}/errors`);
      const all = await errors;
      if (all.length === 0) {
        tell('the mask agrees with the truth, except at borders');
        return;
      }
      nth = (nth + 1) % all.length;
      const error = all[nth]!;
      object = undefined;
      if (!store.state.shown.includes('errors'))
        store.set({ shown: [...store.state.shown.filter((name) => name !== 'mask'), 'errors'] });
      lookAt(atLevelZero(mask, error));
      tell(`error ${nth + 1} of ${all.length}: ${ERROR_WORDS[error.kind]}`);
    },
    draw(context, scale) {
      if (object) {
        context.beginPath();
        for (const polygon of object.polygons) {
          for (const ring of polygon) {
            ring.forEach(([x, y], i) => void (i === 0 ? context.moveTo(x, y) : context.lineTo(x, y)));
            context.closePath();
          }
        }
        strokeWithRim(context, scale);
      }
      if (!marked) return;
      const room = 6 / scale;
      context.beginPath();
      context.rect(marked.x - room, marked.y - room, marked.width + 2 * room, marked.height + 2 * room);
      strokeWithRim(context, scale);
    },
  };
}

function pixelArea({ width, height, mpp }: OpenSlideCard, image: TiledImage | undefined): PixelArea {
  const pixels = image ? (width / image.spans.width) * (height / image.spans.height) : 1;
  return mpp ? { value: pixels * mpp.x * mpp.y, unit: 'µm²' } : { value: pixels, unit: 'px' };
}
