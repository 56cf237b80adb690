import OpenSeadragon from 'openseadragon';
import type { OpenSlideCard } from '../../messages.js';
import { mostHalvings, TILE } from '../../pyramid.js';
import type { Place } from '../state.js';
import type { Affine } from './overlay.js';
import { tileAddress } from './tile-store.js';

/** The slide itself, which can be moved, zoomed and turned. */
export interface Stage {
  /** Shows a slide, at a place or as a whole. */
  open(slide: OpenSlideCard, place: Place | undefined): void;
  affine(): Affine | undefined;
  place(): Place | undefined;
  go(place: Place, slowly?: boolean): void;
  whole(): void;
  zoomBy(factor: number): void;
  turnBy(degrees: number): void;
  /** The place on level 0 under a point of the element, in px and parts of one; undefined before a slide is open. */
  pointAt(x: number, y: number): { readonly x: number; readonly y: number } | undefined;
  /** Whether the pointer draws: then it does not move the slide, but its wheel zooms. */
  drawing: boolean;
  /** What it has drawn. */
  canvas(): HTMLCanvasElement;
  /** Whether all tiles of the slide that are seen have been drawn. */
  readonly complete: boolean;
}

/** What is told of it. */
export interface StageEvents {
  /** Each time that something may lie elsewhere on the screen. */
  moved(): void;
  /** When a place was reached. */
  settled(): void;
  /** A click that moved nothing, in px of the element. */
  clicked(x: number, y: number): void;
  /** While it draws: the pointer goes on, pressed, and is lifted. */
  dragged(x: number, y: number): void;
  lifted(): void;
}

/**
 * OpenSeadragon looks whether its own style is there, and else adds it, which the rules of this page against foreign styles forbid: so it finds an element that
 * is none.
 */
function pretendStyle(): void {
  const style = document.createElementNS(null, 'style');
  style.setAttribute('data-openseadragon-mobile-css', 'true');
  document.head.append(style);
}

/** Makes a stage in an element of the document, with a small map of the whole in another. */
export function createStage(element: HTMLElement, map: HTMLElement, events: StageEvents): Stage {
  pretendStyle();
  const viewer = new OpenSeadragon.Viewer({
    element,
    drawer: 'canvas',
    showNavigationControl: false,
    showNavigator: true,
    navigatorElement: map,
    navigatorRotate: false,
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
  viewer.addHandler('canvas-drag', (event) => {
    if (!stage.drawing) return;
    const { position } = event as unknown as { position: OpenSeadragon.Point };
    (event as unknown as { preventDefaultAction: boolean }).preventDefaultAction = true;
    events.dragged(position.x, position.y);
  });
  for (const name of ['canvas-drag-end', 'canvas-double-click'] as const) {
    viewer.addHandler(name, (event) => {
      if (stage.drawing) (event as unknown as { preventDefaultAction: boolean }).preventDefaultAction = true;
    });
  }
  viewer.addHandler('canvas-release', () => stage.drawing && events.lifted());
  // These keys mean something else here.
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
    open(slide, place) {
      viewer.close();
      viewer.addOnceHandler('open', () => {
        if (place) go(place);
        events.moved();
      });
      viewer.open([sourceOf(slide)] as never);
    },
    affine() {
      const shown = image();
      if (shown === undefined) return undefined;
      const at = (x: number, y: number): OpenSeadragon.Point =>
        shown.imageToViewerElementCoordinates(new OpenSeadragon.Point(x, y));
      // Over the whole of the slide, so that little is lost by rounding.
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
    place() {
      const shown = image();
      if (shown === undefined) return undefined;
      const { x, y } = shown.viewportToImageCoordinates(viewer.viewport.getCenter(true));
      const turn = Math.round(viewer.viewport.getRotation(true)) % 360;
      return { x, y, zoom: shown.viewportToImageZoom(viewer.viewport.getZoom(true)), turn };
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

/** The tiles of a slide, or nothing where the slide is not there. */
function sourceOf({ width, height, picture }: OpenSlideCard): object {
  const most = mostHalvings({ width, height });
  const form = { width, height, tileSize: TILE, minLevel: 0, maxLevel: most };
  if (picture !== null) {
    const getTileUrl = (level: number, column: number, row: number): string =>
      tileAddress(picture, { halvings: most - level, column, row });
    return { ...form, getTileUrl };
  }
  return { ...form, getTileUrl: () => CLEAR };
}

/** A picture of one clear pixel. */
const CLEAR = 'data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7';
