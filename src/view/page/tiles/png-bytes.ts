/** The values of a PNG with one byte per pixel, regardless of their colours. */
export interface GreyPng {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array<ArrayBuffer>;
}

/**
 * Reads the bytes of a PNG with one byte per pixel, grey or with a palette, not interlaced (PNG, third edition, W3C
 * 2025). A canvas would give colours instead of the bytes, and browsers that protect against fingerprinting change
 * these colours.
 *
 * @throws {Error} for any other PNG
 */
export async function pngBytes(png: ArrayBuffer): Promise<GreyPng> {
  const view = new DataView(png);
  const parts: BlobPart[] = [];
  let [width, height] = [0, 0];
  for (let at = 8; at + 8 <= png.byteLength; ) {
    const length = view.getUint32(at);
    const type = view.getUint32(at + 4);
    if (type === IHDR) {
      width = view.getUint32(at + 8);
      height = view.getUint32(at + 12);
      const [depth, color, interlaced] = [view.getUint8(at + 16), view.getUint8(at + 17), view.getUint8(at + 20)];
      if (depth !== 8 || (color !== 0 && color !== 3) || interlaced !== 0) throw new Error('not a PNG of one byte a pixel');
    }
    if (type === IDAT) parts.push(png.slice(at + 8, at + 8 + length));
    at += length + 12;
  }
  const stream = new Blob(parts).stream().pipeThrough(new DecompressionStream('deflate'));
  const rows = new Uint8Array(await new Response(stream).arrayBuffer());
  if (rows.length !== height * (width + 1)) throw new Error('a PNG lacks some of its rows');
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) unfilter(rows, data, y, width);
  return { width, height, data };
}

const IHDR = 0x49484452;
const IDAT = 0x49444154;

/**
 * Undoes the filter of a row. Each byte of the file is the difference between the real byte and the one that the filter
 * predicts.
 */
function unfilter(rows: Uint8Array, data: Uint8Array, y: number, width: number): void {
  const from = y * (width + 1);
  const filter = rows[from]!;
  const to = y * width;
  if (filter === 0) {
    data.set(rows.subarray(from + 1, from + 1 + width), to);
    return;
  }
  for (let x = 0; x < width; x++) {
    const left = x > 0 ? data[to + x - 1]! : 0;
    const up = y > 0 ? data[to - width + x]! : 0;
    const corner = x > 0 && y > 0 ? data[to - width + x - 1]! : 0;
    const guess = filter === 1 ? left : filter === 2 ? up : filter === 3 ? (left + up) >> 1 : paeth(left, up, corner);
    data[to + x] = rows[from + 1 + x]! + guess;
  }
}

function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}
