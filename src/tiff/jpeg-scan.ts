import sharp from 'sharp';
import { reason } from '../errors.js';
import type { Size } from '../types.js';
import { bareJpeg, type JpegHead } from './jpeg.js';

/** Heights of a JPEG frame are 16 bits (ITU-T T.81, table B.2). */
const MOST_ROWS = 65_535;

/**
 * Data that are left over show only where another interval follows, and libvips asks for remarks before it reads the next 8 rows, here of 8
 * pixels each, and not at the end: so many rows follow the last block at least.
 */
const TAIL_ROWS = 128;

/** What libjpeg remarks on although it loses no data. */
const HARMLESS = /Unknown Adobe color transform code|Invalid SOS parameters for sequential JPEG/;

/** Whether what a decoder said means that data are lost, and not merely that the headers are odd. */
export function losesData(thrown: unknown): boolean {
  const lines = reason(thrown)
    .split('\n')
    .filter((line) => line.trim() !== '');
  return lines.length === 0 || lines.some((line) => !HARMLESS.test(line));
}

/** A whole JPEG stream, and its head. */
export interface ScanBlock {
  readonly bytes: Uint8Array;
  readonly head: JpegHead;
}

/**
 * Makes sure that the entropy-coded data of JPEG blocks decode to their ends. libtiff decodes a damaged scan to wrong pixels and says
 * nothing that sharp would hand on; the JPEG decoder itself does tell. So blocks with the same headers are stacked as one JPEG, each of them
 * a restart interval, and decoded at an eighth of their size, which costs little more than reading the Huffman codes.
 *
 * @param tables tag JPEGTables
 * @throws {Error} with libjpeg's words
 */
export async function checkScans(blocks: readonly ScanBlock[], tables: Uint8Array | undefined): Promise<void> {
  const stacks = new Map<string, ScanBlock[]>();
  const alone: Trial[] = [];
  for (const block of blocks) {
    const { bytes, head } = block;
    if (!head.simple || unitsIn(head) > 65_535 || 2 * paddedHeight(head) + TAIL_ROWS > MOST_ROWS) {
      alone.push({ file: bareJpeg(bytes, head, tables, false), size: undefined });
      continue;
    }
    const key = Buffer.from(bytes.buffer, bytes.byteOffset, head.scanAt).toString('latin1');
    const stack = stacks.get(key);
    if (stack === undefined) stacks.set(key, [block]);
    else stack.push(block);
  }
  const files: Trial[] = [...stacks.values()].flatMap((stack) => {
    const most = Math.max(1, Math.floor((MOST_ROWS - 2 * TAIL_ROWS) / paddedHeight(stack[0]!.head)));
    const parts = Array.from({ length: Math.ceil(stack.length / most) }, (_, i) => stack.slice(i * most, (i + 1) * most));
    return parts.map((part) => stacked([...part, ...repeated(part.at(-1)!)], tables));
  });
  for (const file of [...files, ...alone]) await tryOut(file);
}

/** A JPEG file that is only decoded to see whether it can be, and its size where it may be made smaller. */
interface Trial {
  readonly file: Uint8Array;
  readonly size: Size | undefined;
}

async function tryOut({ file, size }: Trial): Promise<void> {
  const image = sharp(file, { failOn: 'warning', limitInputPixels: false, unlimited: true, ignoreIcc: true });
  if (size !== undefined) {
    // An eighth, rounded down: from there on the decoder leaves all but the mean of each 8 x 8 pixels out. Every row is still read.
    const [width, height] = [size.width, size.height].map((side) => Math.max(1, Math.floor(side / 8)));
    image.resize({ width: width!, height: height!, fit: 'fill', kernel: 'nearest' });
  }
  await image
    .raw()
    .toBuffer()
    .catch((thrown: unknown) => {
      if (losesData(thrown)) throw thrown;
    });
}

function repeated(block: ScanBlock): ScanBlock[] {
  return Array(Math.ceil(TAIL_ROWS / paddedHeight(block.head))).fill(block);
}

function stacked(blocks: readonly ScanBlock[], tables: Uint8Array | undefined): Trial {
  const { bytes, head } = blocks[0]!;
  const headers = Uint8Array.from(bytes.subarray(2, head.scanAt));
  const height = paddedHeight(head) * blocks.length;
  headers[head.frameAt - 2 + 5] = height >> 8;
  headers[head.frameAt - 2 + 6] = height & 255;
  const units = unitsIn(head);
  const pieces = [
    bytes.subarray(0, 2),
    ...(tables === undefined ? [] : [tables.subarray(2, tables.length - 2)]),
    Uint8Array.of(0xff, 0xdd, 0, 4, units >> 8, units & 255),
    headers,
  ];
  for (const [i, block] of blocks.entries()) {
    const last = i + 1 === blocks.length;
    // Restart markers count from 0 to 7, over and over.
    pieces.push(block.bytes.subarray(block.head.scanAt, block.head.endAt), Uint8Array.of(0xff, last ? 0xd9 : 0xd0 + (i % 8)));
  }
  return { file: Buffer.concat(pieces), size: { width: head.size.width, height } };
}

function unitSize({ factors }: JpegHead): readonly [number, number] {
  // A scan of one component is not interleaved: its units are single blocks of 8 x 8 (ITU-T T.81, A.2.2).
  if (factors.length === 1) return [8, 8];
  return [8 * Math.max(...factors.map(([across]) => across)), 8 * Math.max(...factors.map(([, down]) => down))];
}

function unitsIn(head: JpegHead): number {
  return Math.ceil(head.size.width / unitSize(head)[0]) * Math.ceil(head.size.height / unitSize(head)[1]);
}

function paddedHeight(head: JpegHead): number {
  const down = unitSize(head)[1];
  return Math.ceil(head.size.height / down) * down;
}
