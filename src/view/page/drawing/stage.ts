import OpenSeadragon from 'openseadragon';
import type { OpenSlideCard } from '../../messages.js';
import { mostHalvings, TILE } from '../../pyramid.js';
import type { Place } from '../state.js';
import { tileAddress } from '../tiles/tile-store.js';
import type { Affine } from './affine.js';

/** Shows the slide, and lets the user move, zoom and turn it. */
export interface Stage {
  /** Shows a slide, at a place or as a whole. `done` is called once it can be moved. */
  open(slide: OpenSlideCard, place: Place | undefined, done?: () => void): void;
  affine(): Affine | undefined;
  /** The place of the view, with its rotation in whole degrees. */
  place(): Place | undefined;
  /** Shows at once what another stage of the same size shows, in the middle of a movement, too. */
  follow(other: Stage): void;
  /** The place of the view, as it is at this moment. */
  exactly(): Place | undefined;
  go(place: Place, slowly?: boolean): void;
  whole(): void;
  zoomBy(factor: number): void;
  turnBy(degrees: number): void;
  /** The point of level 0 under a point of the element, in px including fractions; undefined before a slide is open. */
  pointAt(x: number, y: number): { readonly x: number; readonly y: number } | undefined;
  /** Whether the pointer draws. While it does, dragging does not move the slide, but the wheel still zooms. */
  drawing: boolean;
  /** The canvas with the slide. */
  canvas(): HTMLCanvasElement;
  /** Whether all tiles of the slide in view have been loaded. */
  readonly complete: boolean;
}

/** Functions that the stage calls. */
export interface StageEvents {
  /** Called whenever the slide may have moved on the screen. */
  moved(): void;
  /** Called when a movement has ended. */
  settled(): void;
  /** Called for a click that did not move the slide, in px of the element. */
  clicked(x: number, y: number): void;
  /** Called when the pointer is pressed, in px of the element. If it returns true, dragging does not move the slide. */
  pressed(x: number, y: number): boolean;
  /**
   * Called while the pointer draws: `dragged` when it moves while pressed, in px of the element, and `lifted` when it
   * is released.
   */
  dragged(x: number, y: number): void;
  lifted(): void;
}

/**
 * Adds an empty element that OpenSeadragon takes for its own style. Otherwise it would insert that style, which the
 * content security policy of the page forbids.
 */
function pretendStyle(): void {
  if (document.querySelector('[data-openseadragon-mobile-css]')) return;
  const style = document.createElementNS(null, 'style');
  style.setAttribute('data-openseadragon-mobile-css', 'true');
  document.head.append(style);
}

/** Makes a stage in one element of the document, and a small map of the whole slide in another, if there is one. */
export function createStage(element: HTMLElement, map: HTMLElement | undefined, events: StageEvents): Stage {
  pretendStyle();
  const viewer = new OpenSeadragon.Viewer({
    element,
    drawer: 'canvas',
    showNavigationControl: false,
    ...(map && { showNavigator: true, navigatorElement: map, navigatorRotate: false }),
    preserveImageSizeOnResize: true,
    animationTime: 0.35,
    blendTime: 0.1,
    minZoomImageRatio: 0.5,
    maxZoomPixelRatio: 16,
    visibilityRatio: 0.3,
    imageLoaderLimit: 8,
    timeout: 120_000,
    crossOriginPolicy: false,
    gestureSettingsMouse: { clickToZoom: false, dblClickToZoom: true },
  } as OpenSeadragon.Options);
  viewer.addHandler('update-viewport', events.moved);
  viewer.addHandler('animation-finish', events.settled);
  viewer.addHandler('canvas-click', (event) => {
    const { quick, position } = event as unknown as { quick: boolean; position: OpenSeadragon.Point };
    if (quick) events.clicked(position.x, position.y);
  });
  let held = false;
  viewer.addHandler('canvas-press', (event) => {
    const { position } = event as unknown as { position: OpenSeadragon.Point };
    held = events.pressed(position.x, position.y);
  });
  viewer.addHandler('canvas-drag', (event) => {
    if (!stage.drawing && !held) return;
    const { position } = event as unknown as { position: OpenSeadragon.Point };
    (event as unknown as { preventDefaultAction: boolean }).preventDefaultAction = true;
    events.dragged(position.x, position.y);
  });
  for (const name of ['canvas-drag-end', 'canvas-double-click'] as const) {
    viewer.addHandler(name, (event) => {
      if (stage.drawing || held) (event as unknown as { preventDefaultAction: boolean }).preventDefaultAction = true;
    });
  }
  viewer.addHandler('canvas-release', () => {
    if (stage.drawing || held) events.lifted();
  });
  // OpenSeadragon keeps only the arrows, +, -, = and _. The page uses other keys itself.
  viewer.addHandler('canvas-key', (event) => {
    const { originalEvent } = event as unknown as { originalEvent: KeyboardEvent };
    if (!/^(Arrow|[-+=_]$)/.test(originalEvent.key))
      (event as unknown as { preventDefaultAction: boolean }).preventDefaultAction = true;
  });

  const image = (): OpenSeadragon.TiledImage | undefined =>
    viewer.world.getItemCount() > 0 ? viewer.world.getItemAt(0) : undefined;

  function go(place: Place, slowly = false): void {
    const shown = image();
    if (shown === undefined) return;
    const { viewport } = viewer;
    viewport.setRotation(place.turn, true);
    viewport.zoomTo(shown.imageToViewportZoom(place.zoom), undefined, !slowly);
    viewport.panTo(shown.imageToViewportCoordinates(place.x, place.y), !slowly);
    viewport.applyConstraints(!slowly);
  }

  const stage: Stage = {
    open(slide, place, done) {
      viewer.close();
      viewer.addOnceHandler('open', () => {
        if (place) go(place);
        done?.();
        events.moved();
      });
      viewer.open([sourceOf(slide)] as never);
    },
    affine() {
      const shown = image();
      if (shown === undefined) return undefined;
      const at = (x: number, y: number): OpenSeadragon.Point =>
        shown.imageToViewerElementCoordinates(new OpenSeadragon.Point(x, y));
      // Measured over the whole slide, so that rounding errors are small.
      const { x: width, y: height } = shown.getContentSize();
      const [zero, right, down] = [at(0, 0), at(width, 0), at(0, height)];
      const level = Math.round(viewer.viewport.getRotation(true)) % 180 === 0;
      return {
        a: (right.x - zero.x) / width,
        b: level ? 0 : (right.y - zero.y) / width,
        c: level ? 0 : (down.x - zero.x) / height,
        d: (down.y - zero.y) / height,
        e: zero.x,
        f: zero.y,
      };
    },
    exactly() {
      const shown = image();
      if (shown === undefined) return undefined;
      const { x, y } = shown.viewportToImageCoordinates(viewer.viewport.getCenter(true));
      const zoom = shown.viewportToImageZoom(viewer.viewport.getZoom(true));
      return { x, y, zoom, turn: viewer.viewport.getRotation(true) };
    },
    place() {
      const found = stage.exactly();
      return found && { ...found, turn: Math.round(found.turn) % 360 };
    },
    follow(other) {
      const [place, shown] = [other.exactly(), image()];
      if (place === undefined || shown === undefined) return;
      const { viewport } = viewer;
      viewport.setRotation(place.turn, true);
      viewport.zoomTo(shown.imageToViewportZoom(place.zoom), undefined, true);
      viewport.panTo(shown.imageToViewportCoordinates(place.x, place.y), true);
    },
    go,
    whole: () => void viewer.viewport.goHome(),
    zoomBy(factor) {
      viewer.viewport.zoomBy(factor);
      viewer.viewport.applyConstraints();
    },
    turnBy: (degrees) => void viewer.viewport.setRotation(viewer.viewport.getRotation() + degrees),
    drawing: false,
    pointAt: (x, y) => image()?.viewerElementToImageCoordinates(new OpenSeadragon.Point(x, y)),
    canvas: () => viewer.drawer.canvas as HTMLCanvasElement,
    get complete() {
      return image()?.getFullyLoaded() ?? false;
    },
  };
  return stage;
}

/** The source of a slide's tiles for OpenSeadragon. Without the file of the slide, all tiles are transparent. */
function sourceOf({ width, height, picture }: OpenSlideCard): object {
  const side = picture?.side ?? TILE;
  const most = mostHalvings({ width, height, side });
  const form = { width, height, tileSize: side, minLevel: 0, maxLevel: most };
  if (picture !== null) {
    const getTileUrl = (level: number, column: number, row: number): string =>
      tileAddress(picture, { halvings: most - level, column, row });
    return { ...form, getTileUrl };
  }
  return { ...form, getTileUrl: () => CLEAR };
}

/** A picture of one transparent pixel. */
const CLEAR = 'data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7';
