import type { Size } from '../types.js';

/**
 * Makes sure that a JPEG stream has its beginning and its end, and at least the pixels that are needed. Decoders fill up a stream that
 * was cut, or a tile that its stream does not fill, with grey or with the pixels of another tile, and say nothing. Fill bytes after
 * the end are allowed.
 *
 * @throws {Error} saying what is missing
 */
export function requireWholeJpeg(bytes: Uint8Array, least: Size): void {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) throw new Error('it does not start as JPEG data do (no SOI marker)');
  let end = bytes.length;
  while (end > 2 && (bytes[end - 1] === 0 || bytes[end - 1] === 0xff)) end--;
  if (bytes[end - 1] !== 0xd9 || bytes[end - 2] !== 0xff) throw new Error('its JPEG data end too early (no EOI marker)');
  const size = frameSize(bytes);
  if (size === undefined) throw new Error('its JPEG data have no frame header (no SOF marker)');
  if (size.width < least.width || size.height < least.height) {
    throw new Error(`its JPEG data have ${size.width} x ${size.height} pixels where ${least.width} x ${least.height} are due`);
  }
}

/** Reads the size out of the frame header: marker C0 to CF except C4, C8 and CC (ITU-T T.81, tables B.1 and B.2). */
function frameSize(bytes: Uint8Array): Size | undefined {
  const short = (at: number) => bytes[at]! * 256 + bytes[at + 1]!;
  for (let at = 2; at + 8 < bytes.length; ) {
    if (bytes[at] !== 0xff) return undefined;
    const marker = bytes[at + 1]!;
    if (marker === 0xff) {
      at++;
    } else if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) {
      return { width: short(at + 7), height: short(at + 5) };
    } else if (marker === 0xda || marker === 0xd9) {
      return undefined;
    } else {
      at += 2 + short(at + 2);
    }
  }
  return undefined;
}
