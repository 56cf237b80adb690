import type { OpenSlideCard } from '../../messages.js';
import type { Place, ViewState } from '../state.js';
import { otherRun, runOf, type ViewPart } from './layers.js';
import type { DrawnLayer } from './overlay.js';
import { createPane, type Pane } from './pane.js';
import { strokeWithRim } from './rim.js';
import type { SnapshotView } from './snapshot.js';
import type { Stage } from './stage.js';

/** A point of level 0, in px. */
type SlidePoint = readonly [x: number, y: number];

/** Functions that the views call. Points are of level 0, in px; `part` says whose view it is. */
export interface ViewsEvents {
  /** Called whenever the slide may have moved on the screen. */
  moved(): void;
  /** Called when a movement has ended. */
  settled(place: Place): void;
  clicked(point: SlidePoint, part: ViewPart): void;
  /** Called when the pointer is pressed; true if dragging is not to move the slide. */
  pressed(point: SlidePoint): boolean;
  dragged(point: SlidePoint): void;
  lifted(): void;
  /** Called when the pointer moves, and with undefined when it leaves the slide. */
  pointed(point: SlidePoint | undefined): void;
  /** Draws over the layers of a view. `scale` is screen px per level-0 px. */
  draw(context: CanvasRenderingContext2D, scale: number, part: ViewPart): void;
}

/** Moves the views, and tells where they are. */
export type Mover = Pick<Stage, 'affine' | 'place' | 'go' | 'whole' | 'zoomBy' | 'turnBy'>;

/** One view of a slide, or two that move together if two runs are compared so. */
export interface Views {
  readonly stage: Mover;
  /** Shows a slide, at a place or as a whole. */
  open(slide: OpenSlideCard, state: ViewState): void;
  /** Draws the layers; `layers` gives those of a view. */
  show(slide: OpenSlideCard, state: ViewState, layers: (part: ViewPart) => readonly DrawnLayer[]): void;
  /** Draws again with the next frame. */
  refresh(): void;
  /** Whether the pointer draws instead of moving the slide. */
  drawing: boolean;
  /** What a picture of the views needs, and the width and height of both together in px. */
  snapshot(): { readonly views: readonly SnapshotView[]; readonly width: number; readonly height: number };
  /** Whether everything in view has been drawn. */
  readonly complete: boolean;
}

/**
 * Makes the views. The second is made when it is first needed.
 *
 * @param element gets the views; like `map`, it must be in the document
 */
export function createViews(element: HTMLElement, map: HTMLElement, events: ViewsEvents): Views {
  const panes: { readonly pane: Pane; readonly part: () => ViewPart }[] = [];
  let slide: OpenSlideCard | undefined;
  let twofold = false;
  let drawing = false;
  let leader = 0;
  let pointer: { readonly pane: number; readonly at: SlidePoint } | undefined;

  function addPane(part: () => ViewPart): void {
    const own = panes.length;
    const pane: Pane = createPane(
      element,
      own === 0 ? map : undefined,
      {
        moved() {
          // Also when the follower has drawn: it may have learned its size only after the leader stood still.
          if (twofold) panes[1 - leader]?.pane.stage.follow(panes[leader]!.pane.stage);
          pane.overlay.refresh();
          if (own === 0) events.moved();
        },
        settled() {
          const place = pane.stage.place();
          if (place && own === leader) events.settled(place);
        },
        clicked: (x, y) => at(x, y, (point) => events.clicked(point, part())),
        pressed(x, y) {
          const found = pane.stage.pointAt(x, y);
          return found !== undefined && events.pressed([found.x, found.y]);
        },
        dragged: (x, y) => at(x, y, events.dragged),
        lifted: events.lifted,
      },
      () => slide !== undefined,
      (context, scale) => {
        events.draw(context, scale, part());
        if (twofold && pointer && pointer.pane !== own) cross(context, scale, pointer.at);
      },
    );
    const at = (x: number, y: number, act: (point: SlidePoint) => void): void => {
      const found = pane.stage.pointAt(x, y);
      if (found) act([found.x, found.y]);
    };
    const lead = (): void => {
      leader = own;
    };
    for (const name of ['pointerdown', 'wheel', 'keydown'] as const)
      pane.element.addEventListener(name, lead, { capture: true, passive: true });
    const point = (to: typeof pointer): void => {
      pointer = to;
      events.pointed(to?.at);
      if (twofold) for (const each of panes) each.pane.overlay.refresh();
    };
    pane.element.addEventListener('pointermove', (event) => {
      const box = pane.ground.getBoundingClientRect();
      at(event.clientX - box.left, event.clientY - box.top, (found) => point({ pane: own, at: found }));
    });
    pane.element.addEventListener('pointerleave', () => point(undefined));
    panes.push({ pane, part });
    setDrawing();
  }

  function setDrawing(): void {
    for (const { pane } of panes) {
      pane.stage.drawing = drawing;
      pane.ground.classList.toggle('drawing', drawing);
    }
  }

  /** Shows one view or two, as the state demands. */
  function arrange(card: OpenSlideCard, state: ViewState): void {
    const other = otherRun(card, state);
    const wanted = other !== undefined && state.split === 'views';
    if (wanted && panes.length === 1) {
      addPane(() => 'other');
      panes[1]!.pane.stage.open(card, undefined, () => panes[1]!.pane.stage.follow(main.stage));
    }
    twofold = wanted;
    leader = wanted ? leader : 0;
    element.classList.toggle('two', wanted);
    if (panes[1]) panes[1].pane.element.hidden = !wanted;
    main.call(wanted ? runOf(card, state)?.name : undefined);
    panes[1]?.pane.call(other?.name);
  }

  addPane(() => (twofold ? 'own' : 'both'));
  const main = panes[0]!.pane;
  const led =
    <Given extends readonly unknown[]>(act: (...given: Given) => void) =>
    (...given: Given): void => {
      leader = 0;
      act(...given);
    };
  const { affine, place, go, whole, zoomBy, turnBy } = main.stage;
  const stage: Mover = { affine, place, go: led(go), whole: led(whole), zoomBy: led(zoomBy), turnBy: led(turnBy) };
  const inUse = (): readonly Pane[] => panes.slice(0, twofold ? 2 : 1).map(({ pane }) => pane);

  return {
    stage,
    open(card, state) {
      slide = undefined;
      leader = 0;
      arrange(card, state);
      slide = card;
      main.stage.open(card, state.place);
      if (panes[1]) panes[1].pane.stage.open(card, undefined, () => panes[1]!.pane.stage.follow(main.stage));
    },
    show(card, state, layers) {
      arrange(card, state);
      for (const { pane, part } of panes.slice(0, twofold ? 2 : 1)) pane.overlay.set(card, layers(part()), state.divider);
    },
    refresh() {
      for (const pane of inUse()) pane.overlay.refresh();
    },
    get drawing() {
      return drawing;
    },
    set drawing(on) {
      drawing = on;
      setDrawing();
    },
    snapshot() {
      const left = element.getBoundingClientRect().left;
      const ratio = main.canvas.width / main.canvas.clientWidth;
      const views = inUse().map((pane) => ({
        layers: [pane.stage.canvas(), pane.canvas],
        left: Math.round((pane.element.getBoundingClientRect().left - left) * ratio),
        width: pane.canvas.width,
        name: pane.element.querySelector('.pane-name')?.textContent || undefined,
      }));
      const last = views.at(-1)!;
      return { views, width: last.left + last.width, height: main.canvas.height };
    },
    get complete() {
      return inUse().every(({ stage, overlay }) => stage.complete && overlay.complete);
    },
  };
}

/** Marks the place where the pointer is in the other view. */
function cross(context: CanvasRenderingContext2D, scale: number, [x, y]: SlidePoint): void {
  const [near, far] = [4 / scale, 12 / scale];
  context.beginPath();
  for (const [dx, dy] of [
    [1, 0],
    [-1, 0],
    [0, 1],
    [0, -1],
  ] as const) {
    context.moveTo(x + dx * near, y + dy * near);
    context.lineTo(x + dx * far, y + dy * far);
  }
  strokeWithRim(context, scale);
}
