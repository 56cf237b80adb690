import { gather } from '../samples/unpack.js';
import type { BytesCodec } from './codec.js';
import { unpackByLibtiff } from './libtiff.js';

const NUMBER = 5;

/** LZW. libtiff decompresses it, except data from before TIFF 5, for which it gives a warning. */
export const lzw: BytesCodec = {
  gives: 'bytes',
  numbers: [NUMBER],
  name: 'LZW',
  predictors: [1, 2, 3],
  decode: (block, due) => gather(unpackLzw([block]), due),
  decodeTogether: async (blocks, rows, rowBytes) =>
    blocks.some(isOldLzw) ? undefined : unpackByLibtiff(NUMBER, blocks, rows, rowBytes),
  stream: unpackLzw,
  wrapped: {
    failOn: 'warning',
    examine: (blocks) => (blocks.some(({ bytes }) => isOldLzw(bytes)) ? undefined : async () => undefined),
  },
};

const CLEAR = 256;
const END = 257;
const FIRST_FREE = 258;
const LARGEST = 4096;
const OUT_BYTES = 2 ** 18;

/**
 * Whether LZW data are from before TIFF 5, by the same test as libtiff. In such data, codes start in the low bits, and
 * the first code clears the table.
 */
function isOldLzw(data: Uint8Array): boolean {
  return data[0] === 0 && (data[1]! & 1) === 1;
}

/**
 * Decompresses LZW data as they come (TIFF 6.0, section 13). In data from before TIFF 5 ({@link isOldLzw}), the width
 * of codes also grows one code later.
 *
 * @throws {Error} for a code that is not in the table yet
 */
async function* unpackLzw(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const prefix = new Uint16Array(LARGEST);
  const last = new Uint8Array(LARGEST);
  const first = new Uint8Array(LARGEST);
  const lengths = new Uint16Array(LARGEST);
  for (let code = 0; code < CLEAR; code++) {
    last[code] = first[code] = code;
    lengths[code] = 1;
  }
  let old: boolean | undefined;
  let held = 0;
  let count = 0;
  let width = 9;
  let free = FIRST_FREE;
  let previous = -1;
  let out = new Uint8Array(OUT_BYTES + LARGEST);
  let used = 0;

  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at++) {
      old ??= isOldLzw(chunk);
      if (old) held |= chunk[at]! << count;
      else held = ((held << 8) | chunk[at]!) & 0xfffff;
      count += 8;
      if (count < width) continue;
      count -= width;
      const mask = (1 << width) - 1;
      const code = old ? held & mask : (held >> count) & mask;
      if (old) held >>>= width;

      if (code === END) {
        yield out.subarray(0, used);
        return;
      }
      if (code === CLEAR) {
        width = 9;
        free = FIRST_FREE;
        previous = -1;
        continue;
      }
      const known = previous < 0 ? code < CLEAR : code < free;
      if (!known && (previous < 0 || code !== free))
        throw new Error(`its LZW data have code ${code} where at most ${free} is known`);
      if (previous >= 0 && free < LARGEST) {
        prefix[free] = previous;
        first[free] = first[previous]!;
        last[free] = first[known ? code : previous]!;
        lengths[free] = lengths[previous]! + 1;
        free++;
        if (width < 12 && free === (1 << width) - (old ? 0 : 1)) width++;
      } else if (!known) {
        throw new Error('its LZW data overflow their table');
      }
      const end = used + lengths[code]!;
      for (let to = end - 1, link = code; to >= used; to--, link = prefix[link]!) out[to] = last[link]!;
      used = end;
      previous = code;
      if (used >= OUT_BYTES) {
        yield out.subarray(0, used);
        out = new Uint8Array(OUT_BYTES + LARGEST);
        used = 0;
      }
    }
  }
  yield out.subarray(0, used);
}
