import type { Size } from '../../../types.js';
import type { TiledImage } from '../../messages.js';
import { halvedSize, mostHalvings, TILE, type TilePlace, tileBox } from '../../pyramid.js';
import type { LayerName } from '../state.js';

/** A tile that can be drawn: pixels, or lines in its pixels with their colours. */
export type TilePicture =
  | { readonly kind: 'pixels'; readonly canvas: HTMLCanvasElement }
  | { readonly kind: 'lines'; readonly lines: readonly (readonly [color: string, path: Path2D])[] };

/** A layer of the drawing: an image in tiles, each of which is made when it is first seen. */
export interface DrawnLayer {
  readonly name: LayerName;
  readonly image: TiledImage;
  /** Changes when its tiles have to be made anew. */
  readonly version: string;
  readonly opacity: number;
  /** On which side of the divider it is drawn. */
  readonly side: 'left' | 'right' | 'both';
  make(place: TilePlace): Promise<TilePicture>;
}

/** From level 0 to px of the screen: `x' = a x + c y + e`, `y' = b x + d y + f`. */
export interface Affine {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  readonly e: number;
  readonly f: number;
}

/** Something that is drawn over the layers, with level 0 brought to the screen; `scale` is screen px per px of level 0. */
export type DrawMore = (context: CanvasRenderingContext2D, scale: number) => void;

/** Lies over the slide and draws what is seen. */
export interface Overlay {
  /** @param divider where sides meet, as a share of the width */
  set(slide: Size, layers: readonly DrawnLayer[], divider: number): void;
  /** Draws with the next frame. */
  refresh(): void;
  /** Whether all tiles that are seen have been drawn. */
  readonly complete: boolean;
}

/** What is there of a tile. */
interface Held {
  picture: TilePicture | undefined;
  version: string;
  wanted: string;
}

/** Tiles that are held. */
const MOST_TILES = 400;

/** Makes an overlay that draws on a canvas, which it keeps as large as its element. */
export function createOverlay(canvas: HTMLCanvasElement, affine: () => Affine | undefined, more: DrawMore): Overlay {
  const context = canvas.getContext('2d')!;
  const held = new Map<string, Held>();
  let slide: Size = { width: 1, height: 1 };
  let layers: readonly DrawnLayer[] = [];
  let divider = 0;
  let frame = 0;
  let complete = false;

  function refresh(): void {
    if (frame === 0) frame = requestAnimationFrame(draw);
  }

  /** The picture of a tile, perhaps that of an older version; one of this version is made if there is none. */
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
          // What was wanted may have changed meanwhile; it is still nearer to it than what is shown.
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
    // Of the whole image before halvings to the screen.
    const whole = stretched(screen, slide.width / image.spans.width, slide.height / image.spans.height);
    const scale = Math.hypot(whole.a, whole.b);
    const halvings = Math.min(mostHalvings(image), Math.max(0, Math.floor(Math.log2(1.001 / scale))));
    context.imageSmoothingEnabled = false;
    context.globalAlpha = layer.opacity;
    for (const place of seen(image, halvings, whole, width, height)) {
      const picture = tile(layer, place);
      if (picture !== undefined) drawTile(layer, place, picture, whole);
      else drawCoarser(layer, place, whole);
    }
  }

  function drawTile({ image }: DrawnLayer, place: TilePlace, picture: TilePicture, whole: Affine): void {
    const step = 2 ** place.halvings;
    const box = tileBox(image, place)!;
    if (picture.kind === 'lines') {
      const { a, b, c, d, e, f } = moved(stretched(whole, step, step), box.x, box.y);
      context.setTransform(a, b, c, d, e, f);
      const pixel = (devicePixelRatio || 1) / Math.hypot(a, b);
      for (const [color, path] of picture.lines) {
        // On a dark rim, so that every colour is seen on every stain.
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
    if (b === 0 && c === 0) {
      // Neighbours end and begin at the same pixel of the screen, so that no seam is seen between them.
      context.setTransform(1, 0, 0, 1, 0, 0);
      const [left, right] = [Math.round(a * box.x + e), Math.round(a * (box.x + box.width) + e)];
      const [top, bottom] = [Math.round(d * box.y + f), Math.round(d * (box.y + box.height) + f)];
      context.drawImage(picture.canvas, left, top, right - left, bottom - top);
    } else {
      context.setTransform(a, b, c, d, e, f);
      context.drawImage(picture.canvas, box.x, box.y);
    }
  }

  /** Draws the part of a coarser tile that lies where one is still missing. */
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
      drawTile(layer, coarser, picture, whole);
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

/** The tiles of an image that lie on the screen. */
function seen(image: TiledImage, halvings: number, whole: Affine, width: number, height: number): TilePlace[] {
  const { a, b, c, d, e, f } = whole;
  const determinant = a * d - b * c;
  const corners = [0, width].flatMap((x) => [0, height].map((y) => [x - e, y - f] as const));
  const xs = corners.map(([x, y]) => (d * x - c * y) / determinant);
  const ys = corners.map(([x, y]) => (a * y - b * x) / determinant);
  const side = TILE * 2 ** halvings;
  const size = halvedSize(image, halvings);
  const last = (length: number): number => Math.ceil(length / TILE) - 1;
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

/** The same, after x and y were made so much larger. */
function stretched({ a, b, c, d, e, f }: Affine, x: number, y: number): Affine {
  return { a: a * x, b: b * x, c: c * y, d: d * y, e, f };
}

/** The same, after a place was moved to the origin. */
function moved({ a, b, c, d, e, f }: Affine, x: number, y: number): Affine {
  return { a, b, c, d, e: e + a * x + c * y, f: f + b * x + d * y };
}
