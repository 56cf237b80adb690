import { reason } from '../../../errors.js';
import { sharp } from '../../../io/sharp.js';
import { bareJpeg, type JpegHead, type ScanComponent } from './head.js';
import {
  BITS_AT,
  HAS_VALUE,
  type HuffmanTable,
  type HuffmanTables,
  longCode,
  readHuffmanTables,
  SHORT_BITS,
  STEP_MASK,
} from './huffman.js';

/** Warnings of libjpeg that do not mean that data are lost. */
const HARMLESS = /Unknown Adobe color transform code|Invalid SOS parameters for sequential JPEG/;

/** Whether the error of a decoder means that data are lost, and not merely that the headers are odd. */
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
 * Makes sure that the entropy-coded data of JPEG blocks decode to their ends. libtiff decodes a damaged scan to wrong
 * pixels without an error that sharp would pass on. So this follows the Huffman codes of a sequential scan, without
 * looking at the values between them, which takes a fraction of the time of decoding. Other streams, which are rare in
 * slides, are decoded by libjpeg itself, which does report errors.
 *
 * @param tables tag JPEGTables
 * @throws {Error} saying what is wrong, or with libjpeg's words
 */
export async function checkScans(blocks: readonly ScanBlock[], tables: Uint8Array | undefined): Promise<void> {
  for (const { bytes, head } of blocks) {
    const codes = head.scan && definitions(bytes, head.scanAt, tables);
    const units = codes && head.scan && unitBlocks(head.scan, codes.tables);
    if (codes === undefined || units === undefined) await tryOut(bareJpeg(bytes, head, tables, false));
    else followScan(bytes, head, units, codes.restartInterval);
  }
}

/** Decodes a JPEG file only to see whether that works. */
async function tryOut(file: Uint8Array): Promise<void> {
  await sharp(file, { failOn: 'warning', limitInputPixels: false, unlimited: true, ignoreIcc: true })
    .raw()
    .toBuffer()
    .catch((thrown: unknown) => {
      if (losesData(thrown)) throw thrown;
    });
}

/** What a stream, and JPEGTables before it, define for the scan. */
interface Definitions {
  readonly tables: HuffmanTables;
  /** Units of the scan between two restart markers; 0 where there are none. */
  readonly restartInterval: number;
}

/** Markers (ITU-T T.81, table B.1). */
const DHT = 0xc4;
const DRI = 0xdd;
const RST0 = 0xd0;

/** @returns undefined where a table is malformed */
function definitions(bytes: Uint8Array, scanAt: number, jpegTables: Uint8Array | undefined): Definitions | undefined {
  const tables: (HuffmanTable | undefined)[] = [];
  let restartInterval = 0;
  for (const part of [jpegTables ?? new Uint8Array(), bytes.subarray(0, scanAt)]) {
    for (let at = 2; at + 4 <= part.length; ) {
      const marker = part[at + 1]!;
      if (marker === 0xff) {
        at++;
        continue;
      }
      const next = at + 2 + part[at + 2]! * 256 + part[at + 3]!;
      if (marker === DHT && !readHuffmanTables(part.subarray(at + 4, next), tables)) return undefined;
      if (marker === DRI) restartInterval = part[at + 4]! * 256 + part[at + 5]!;
      at = next;
    }
  }
  return { tables, restartInterval };
}

/** The codes of one block of 8 × 8 coefficients. */
interface BlockCodes {
  readonly dc: HuffmanTable;
  readonly ac: HuffmanTable;
}

/** The blocks of one unit of a scan (MCU), in their order; undefined where a table is missing. */
function unitBlocks(scan: readonly ScanComponent[], tables: HuffmanTables): readonly BlockCodes[] | undefined {
  const blocks: BlockCodes[] = [];
  for (const { factors, dcTable, acTable } of scan) {
    const [dc, ac] = [tables[dcTable], tables[4 + acTable]];
    if (dc === undefined || ac === undefined) return undefined;
    // A scan of one component is not interleaved: its units are single blocks (ITU-T T.81, A.2.2).
    const count = scan.length === 1 ? 1 : factors[0] * factors[1];
    for (let i = 0; i < count; i++) blocks.push({ dc, ac });
  }
  return blocks;
}

/** How many units a scan has. */
function unitsIn({ size }: JpegHead, scan: readonly ScanComponent[]): number {
  const side = (axis: 0 | 1): number => (scan.length === 1 ? 8 : 8 * Math.max(...scan.map(({ factors }) => factors[axis])));
  return Math.ceil(size.width / side(0)) * Math.ceil(size.height / side(1));
}

function followScan(bytes: Uint8Array, head: JpegHead, blocks: readonly BlockCodes[], restartInterval: number): void {
  const units = unitsIn(head, head.scan!);
  const interval = restartInterval || units;
  const memory = new Uint8Array(head.endAt - head.scanAt + PADDING);
  let at = head.scanAt;
  for (let done = 0, restarts = 0; done < units; done += interval, restarts++) {
    if (done > 0) {
      // Restart markers count from 0 to 7, over and over. Any marker may have fill bytes before it.
      while (bytes[at] === 0xff && bytes[at + 1] === 0xff) at++;
      if (bytes[at] !== 0xff || bytes[at + 1] !== RST0 + ((restarts - 1) % 8))
        throw new Error(`its JPEG data have no restart marker after unit ${done} of ${units}`);
      at += 2;
    }
    at = followCodes(bytes, at, head.endAt, blocks, Math.min(interval, units - done), memory);
  }
  while (at < head.endAt && bytes[at] === 0xff) at++;
  if (at < head.endAt) throw new Error(`its JPEG data go on after their last unit (${head.endAt - at} bytes)`);
}

/**
 * Spare bytes after the data of a stretch, with any content. They are more than one block can read before it is found
 * to reach too far: 64 codes with their values.
 */
const PADDING = 256;

/**
 * Copies the data up to the next marker into `data`. Leaves out the zeros that tell a data byte of 255 from a marker,
 * and fill bytes before such a byte of 255.
 *
 * @returns how many bytes were copied, and the offset of the marker, or `end` if there is none
 */
function unstuff(bytes: Uint8Array, start: number, end: number, data: Uint8Array): { length: number; markerAt: number } {
  let length = 0;
  let at = start;
  while (at < end) {
    const found = bytes.indexOf(0xff, at);
    const next = found < 0 || found >= end ? end : found;
    data.set(bytes.subarray(at, next), length);
    length += next - at;
    at = next;
    let last = at;
    while (last + 1 < end && bytes[last + 1] === 0xff) last++;
    if (last + 1 >= end || bytes[last + 1] !== 0) break;
    data[length++] = 0xff;
    at = last + 2;
  }
  return { length, markerAt: at };
}

/**
 * Follows the codes of some units from one place in a stream to the next marker.
 *
 * @param data memory for the bytes of this part of the stream, and {@link PADDING} more
 * @returns the offset of that marker, or `end`
 * @throws {Error} if bits are no code, a block has too many coefficients, or bytes are missing or left over
 */
function followCodes(
  bytes: Uint8Array,
  start: number,
  end: number,
  blocks: readonly BlockCodes[],
  units: number,
  data: Uint8Array,
): number {
  const { length, markerAt } = unstuff(bytes, start, end, data);
  const lastBit = length * 8;
  let bit = 0;
  for (let unit = 0; unit < units; unit++) {
    for (let b = 0; b < blocks.length; b++) {
      bit = followBlock(data, bit, blocks[b]!.dc, blocks[b]!.ac, unit);
      if (bit > lastBit) throw new Error(`its JPEG data end too early, in unit ${unit} of ${units}`);
    }
  }
  if (lastBit - bit >= 8) throw new Error(`its JPEG data go on after their last unit`);
  return markerAt;
}

/**
 * Follows the codes of one block.
 *
 * @param from number of the first bit in `data`
 * @returns number of the bit after the block
 * @throws {Error} if bits are no code, or the block has too many coefficients
 */
function followBlock(data: Uint8Array, from: number, dc: HuffmanTable, ac: HuffmanTable, unit: number): number {
  let table = dc;
  let bit = from;
  let code = 0;
  let coefficients = 0;
  while (coefficients < 64) {
    const at = bit >> 3;
    const next = ((data[at]! << 16) | (data[at + 1]! << 8) | data[at + 2]!) << (bit & 7);
    code = table.short[(next >> (24 - SHORT_BITS)) & ((1 << SHORT_BITS) - 1)]!;
    if (code === 0) code = longCode(table, (next >> 8) & 0xffff);
    if (code === 0) throw new Error(`its JPEG data have no Huffman code in unit ${unit}`);
    bit += (code & ~HAS_VALUE) >> BITS_AT;
    coefficients += code & STEP_MASK;
    table = ac;
  }
  if (coefficients > 64 && (code & HAS_VALUE) !== 0)
    throw new Error(`its JPEG data have more than 64 coefficients in a block of unit ${unit}`);
  return bit;
}
