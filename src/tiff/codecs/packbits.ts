import { gather } from '../samples/unpack.js';
import type { BytesCodec } from './codec.js';
import { unpackByLibtiff } from './libtiff.js';

const NUMBER = 32773;

/** PackBits: run-length coding of bytes. */
export const packBits: BytesCodec = {
  gives: 'bytes',
  numbers: [NUMBER],
  name: 'PackBits',
  predictors: [],
  exact: true,
  // One byte more than may come out shows that there are too many.
  decode: (block, _, most) => gather(unpackPackBits([block]), most + 1),
  // libvips lets libtiff decompress row by row, which fails if a run goes on in the next row.
  decodeTogether: (blocks, rows, rowBytes) => unpackByLibtiff(NUMBER, blocks, rows, rowBytes).catch(() => undefined),
  stream: unpackPackBits,
  wrapped: { failOn: 'warning' },
};

/**
 * Decompresses PackBits data as they come (TIFF 6.0, section 9). A byte n of up to 127 means that n + 1 bytes follow as
 * they are. A byte n of 129 or more means that the next byte is repeated 257 - n times. The byte 128 means nothing.
 */
async function* unpackPackBits(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  let literal = 0;
  let run = 0;
  for await (const chunk of chunks) {
    const pieces: Uint8Array[] = [];
    let out = new Uint8Array(2 * chunk.length + 256);
    let used = 0;
    for (let at = 0; at < chunk.length; ) {
      if (used + 128 > out.length) {
        pieces.push(out.subarray(0, used));
        out = new Uint8Array(2 * chunk.length + 256);
        used = 0;
      }
      if (literal > 0) {
        const end = Math.min(chunk.length, at + Math.min(literal, out.length - used));
        out.set(chunk.subarray(at, end), used);
        used += end - at;
        literal -= end - at;
        at = end;
      } else if (run > 0) {
        out.fill(chunk[at++]!, used, used + run);
        used += run;
        run = 0;
      } else {
        const n = chunk[at++]!;
        if (n < 128) literal = n + 1;
        else if (n > 128) run = 257 - n;
      }
    }
    pieces.push(out.subarray(0, used));
    yield* pieces;
  }
}
