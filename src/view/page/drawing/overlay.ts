import type { Size } from '../../../types.js';
import type { TiledImage } from '../../messages.js';
import { halvedSize, mostHalvings, type TilePlace, tileBox } from '../../pyramid.js';
import type { LayerName } from '../state.js';
import type { Affine } from './affine.js';

/** A tile that can be drawn: a picture, or outlines. */
export type TilePicture =
  | { readonly kind: 'pixels'; readonly canvas: HTMLCanvasElement }
  | {
      readonly kind: 'outlines';
      /** How many lines there are. */
      readonly lines: number;
      /** The lines with their colours, in px of the tile. */
      paths(): readonly (readonly [color: string, path: Path2D])[];
      /** The outlines as pixels, for when there are many. */
      canvas(): HTMLCanvasElement;
    };

/** A layer of the drawing: an image in tiles. Each tile is made when it first comes into view. */
export interface DrawnLayer {
  readonly name: LayerName;
  readonly image: TiledImage;
  /** Changes when its tiles have to be made again. */
  readonly version: string;
  readonly opacity: number;
  /** On which side of the divider it is drawn. */
  readonly side: 'left' | 'right' | 'both';
  make(place: TilePlace): Promise<TilePicture>;
}

/**
 * Draws something over the layers, in level-0 px: `context` transforms them to the screen. `scale` is screen px per
 * level-0 px.
 */
export type DrawMore = (context: CanvasRenderingContext2D, scale: number) => void;

/** Draws the layers over the slide. */
export interface Overlay {
  /**
   * Sets what is drawn.
   *
   * @param slide the size of level 0, in px
   * @param divider the position of the divider between left and right, as a share of the width
   */
  set(slide: Size, layers: readonly DrawnLayer[], divider: number): void;
  /** Draws again with the next frame. */
  refresh(): void;
  /** Whether all tiles in view have been drawn in their current version. */
  readonly complete: boolean;
}

/** A tile that is held: its picture with its version, and the version that is being made. */
interface HeldTile {
  picture: TilePicture | undefined;
  version: string;
  wanted: string;
}

/** The most tiles that are held. */
const MOST_TILES = 400;

/**
 * The most lines in view that are stroked as such, which takes some milliseconds for each frame. Of thousands of objects
 * there are hundreds of thousands, which would take seconds.
 */
const MOST_LINES = 20_000;

/**
 * Makes an overlay that draws on a canvas. It gives the canvas the same resolution as the screen.
 *
 * @param affine the transformation from level 0 to the element; undefined if nothing is to be drawn
 * @param more draws over the layers
 */
export function createOverlay(canvas: HTMLCanvasElement, affine: () => Affine | undefined, more: DrawMore): Overlay {
  const context = canvas.getContext('2d')!;
  const held = new Map<string, HeldTile>();
  let slide: Size = { width: 1, height: 1 };
  let layers: readonly DrawnLayer[] = [];
  let divider = 0;
  let frame = 0;
  let complete = false;

  function refresh(): void {
    if (frame === 0) frame = requestAnimationFrame(draw);
  }

  /**
   * The picture of a tile. If there is none of the current version, it starts making one, and gives that of an older
   * version, if any.
   */
  function tile(layer: DrawnLayer, place: TilePlace): TilePicture | undefined {
    const key = keyOf(layer, place);
    const found = held.get(key) ?? { picture: undefined, version: '', wanted: '' };
    held.delete(key);
    held.set(key, found);
    if (found.version === layer.version) return found.picture;
    complete = false;
    if (found.wanted !== layer.version) {
      const { version } = layer;
      found.wanted = version;
      layer.make(place).then(
        (picture) => {
          // Another version may be wanted by now, but this picture is still newer than the one that is shown.
          found.picture = picture;
          found.version = version;
          refresh();
        },
        () => {
          if (found.wanted === version) found.wanted = '';
        },
      );
    }
    return found.picture;
  }

  function draw(): void {
    frame = 0;
    const ratio = devicePixelRatio || 1;
    const { clientWidth, clientHeight } = canvas;
    const [width, height] = [Math.round(clientWidth * ratio), Math.round(clientHeight * ratio)];
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, width, height);
    const to = affine();
    if (to === undefined) return;
    complete = true;
    const screen = scaled(to, ratio);
    for (const layer of layers) drawSide(layer, screen, width, height);
    context.globalAlpha = 1;
    context.setTransform(screen.a, screen.b, screen.c, screen.d, screen.e, screen.f);
    more(context, Math.hypot(to.a, to.b));
    for (const oldest of held.keys()) if (held.size > MOST_TILES) held.delete(oldest);
  }

  function drawSide(layer: DrawnLayer, screen: Affine, width: number, height: number): void {
    if (layer.side === 'both') {
      drawLayer(layer, screen, width, height);
      return;
    }
    const middle = Math.round(divider * width);
    context.save();
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.beginPath();
    if (layer.side === 'left') context.rect(0, 0, middle, height);
    else context.rect(middle, 0, width - middle, height);
    context.clip();
    drawLayer(layer, screen, width, height);
    context.restore();
  }

  function drawLayer(layer: DrawnLayer, screen: Affine, width: number, height: number): void {
    const { image } = layer;
    // The transformation from px of the image, before halvings, to the screen.
    const whole = stretched(screen, slide.width / image.spans.width, slide.height / image.spans.height);
    const scale = Math.hypot(whole.a, whole.b);
    const halvings = Math.min(mostHalvings(image), Math.max(0, Math.floor(Math.log2(1.001 / scale))));
    context.globalAlpha = layer.opacity;
    const tiles = seen(image, halvings, whole, width, height).map((place) => ({ place, picture: tile(layer, place) }));
    const lines = tiles.reduce((sum, { picture }) => sum + (picture?.kind === 'outlines' ? picture.lines : 0), 0);
    const stroked = lines <= MOST_LINES;
    for (const { place, picture } of tiles) {
      if (picture !== undefined) drawTile(layer, place, picture, whole, stroked);
      else drawCoarser(layer, place, whole);
    }
  }

  /** Draws a tile. `stroked` says whether outlines are drawn as lines, which are sharp at any size, or as pixels. */
  function drawTile({ image }: DrawnLayer, place: TilePlace, picture: TilePicture, whole: Affine, stroked: boolean): void {
    const step = 2 ** place.halvings;
    const box = tileBox(image, place)!;
    if (picture.kind === 'outlines' && stroked) {
      const { a, b, c, d, e, f } = moved(stretched(whole, step, step), box.x, box.y);
      context.setTransform(a, b, c, d, e, f);
      const pixel = (devicePixelRatio || 1) / Math.hypot(a, b);
      for (const [color, path] of picture.paths()) {
        // With a dark rim, so that every colour is visible on every stain.
        context.strokeStyle = 'rgb(0 0 0 / 0.55)';
        context.lineWidth = 3.5 * pixel;
        context.stroke(path);
        context.strokeStyle = color;
        context.lineWidth = 2 * pixel;
        context.stroke(path);
      }
      return;
    }
    const { a, b, c, d, e, f } = stretched(whole, step, step);
    const drawn = picture.kind === 'pixels' ? picture.canvas : picture.canvas();
    context.imageSmoothingEnabled = picture.kind === 'outlines';
    if (b === 0 && c === 0) {
      // Neighbouring tiles meet at the same pixel of the screen, so that there is no seam between them.
      context.setTransform(1, 0, 0, 1, 0, 0);
      const [left, right] = [Math.round(a * box.x + e), Math.round(a * (box.x + box.width) + e)];
      const [top, bottom] = [Math.round(d * box.y + f), Math.round(d * (box.y + box.height) + f)];
      context.drawImage(drawn, left, top, right - left, bottom - top);
    } else {
      context.setTransform(a, b, c, d, e, f);
      context.drawImage(drawn, box.x, box.y);
    }
  }

  /** Where a tile is still missing, draws that part of a coarser tile, if one is held. */
  function drawCoarser(layer: DrawnLayer, place: TilePlace, whole: Affine): void {
    for (let up = 1; place.halvings + up <= mostHalvings(layer.image); up++) {
      const coarser = { halvings: place.halvings + up, column: place.column >> up, row: place.row >> up };
      const picture = held.get(keyOf(layer, coarser))?.picture;
      if (picture === undefined) continue;
      const box = tileBox(layer.image, place)!;
      const { a, b, c, d, e, f } = stretched(whole, 2 ** place.halvings, 2 ** place.halvings);
      context.save();
      context.setTransform(a, b, c, d, e, f);
      context.beginPath();
      context.rect(box.x, box.y, box.width, box.height);
      context.clip();
      drawTile(layer, coarser, picture, whole, false);
      context.restore();
      return;
    }
  }

  new ResizeObserver(refresh).observe(canvas);
  return {
    get complete() {
      return complete && frame === 0;
    },
    refresh,
    set(size, next, at) {
      slide = size;
      divider = at;
      layers = next;
      complete = false;
      refresh();
    },
  };
}

function keyOf({ name, side, image }: DrawnLayer, { halvings, column, row }: TilePlace): string {
  return `${name} ${side} ${image.id} ${halvings} ${column} ${row}`;
}

/** The tiles of an image that are in view. */
function seen(image: TiledImage, halvings: number, whole: Affine, width: number, height: number): TilePlace[] {
  const { a, b, c, d, e, f } = whole;
  const determinant = a * d - b * c;
  const corners = [0, width].flatMap((x) => [0, height].map((y) => [x - e, y - f] as const));
  const xs = corners.map(([x, y]) => (d * x - c * y) / determinant);
  const ys = corners.map(([x, y]) => (a * y - b * x) / determinant);
  const side = image.side * 2 ** halvings;
  const size = halvedSize(image, halvings);
  const last = (length: number): number => Math.ceil(length / image.side) - 1;
  const places: TilePlace[] = [];
  const [firstRow, lastRow] = [
    Math.max(0, Math.floor(Math.min(...ys) / side)),
    Math.min(last(size.height), Math.floor(Math.max(...ys) / side)),
  ];
  const [first, end] = [
    Math.max(0, Math.floor(Math.min(...xs) / side)),
    Math.min(last(size.width), Math.floor(Math.max(...xs) / side)),
  ];
  for (let row = firstRow; row <= lastRow; row++)
    for (let column = first; column <= end; column++) places.push({ halvings, column, row });
  return places;
}

function scaled({ a, b, c, d, e, f }: Affine, by: number): Affine {
  return { a: a * by, b: b * by, c: c * by, d: d * by, e: e * by, f: f * by };
}

/** The transformation that first multiplies x and y by these factors. */
function stretched({ a, b, c, d, e, f }: Affine, x: number, y: number): Affine {
  return { a: a * x, b: b * x, c: c * y, d: d * y, e, f };
}

/** The transformation that first adds a point to the coordinates, so that the origin is drawn where the point was. */
function moved({ a, b, c, d, e, f }: Affine, x: number, y: number): Affine {
  return { a, b, c, d, e: e + a * x + c * y, f: f + b * x + d * y };
}
