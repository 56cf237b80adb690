import { reason } from '../../../errors.js';
import { sharp } from '../../../io/sharp.js';
import { createFollower } from './follow.js';
import type { BlockCodes, Followed, Follower } from './follower.js';
import { bareJpeg, type JpegHead, type ScanComponent } from './head.js';
import { type HuffmanTable, type HuffmanTables, readHuffmanTables } from './huffman.js';

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
    const { codes } = headerOf(bytes, head, tables);
    if (codes === undefined) await tryOut(bareJpeg(bytes, head, tables, false));
    else followScan(bytes, head, codes);
  }
}

/** What the header of a stream, and the tag JPEGTables, say of its scan. */
interface Header {
  readonly bytes: Uint8Array;
  readonly tables: Uint8Array;
  /** Undefined for a scan whose codes are not followed. */
  readonly codes: ScanCodes | undefined;
}

interface ScanCodes {
  /** The blocks of one unit of the scan (MCU), in their order. */
  readonly blocks: readonly BlockCodes[];
  /** Units of the scan between two restart markers; 0 where there are none. */
  readonly restartInterval: number;
}

/** The header that was read last. Nearly all blocks of a file have the same one. */
let latest: Header | undefined;

function headerOf(bytes: Uint8Array, { scan, scanAt }: JpegHead, tables: Uint8Array = new Uint8Array()): Header {
  const own = bytes.subarray(0, scanAt);
  if (latest && Buffer.compare(latest.bytes, own) === 0 && Buffer.compare(latest.tables, tables) === 0) return latest;
  const found = scan && definitions(own, tables);
  const blocks = scan && found && unitBlocks(scan, found.tables);
  const codes = blocks && { blocks, restartInterval: found!.restartInterval };
  latest = { bytes: own.slice(), tables: tables.slice(), codes };
  return latest;
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
interface Definitions extends Pick<ScanCodes, 'restartInterval'> {
  readonly tables: HuffmanTables;
}

/** Markers (ITU-T T.81, table B.1). */
const DHT = 0xc4;
const DRI = 0xdd;
const RST0 = 0xd0;

/** @returns undefined where a table is malformed */
function definitions(header: Uint8Array, jpegTables: Uint8Array): Definitions | undefined {
  const tables: (HuffmanTable | undefined)[] = [];
  let restartInterval = 0;
  for (const part of [jpegTables, header]) {
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

/** One for each thread. */
let follower: Follower | undefined;

/** @throws {Error} if bits are no code, a block has too many coefficients, or bytes are missing or left over */
function followScan(bytes: Uint8Array, head: JpegHead, { blocks, restartInterval }: ScanCodes): void {
  const units = unitsIn(head, head.scan!);
  const interval = restartInterval || units;
  const data = bytes.subarray(head.scanAt, head.endAt);
  follower ??= createFollower();
  follower.begin(data, blocks);
  let at = 0;
  for (let done = 0, restarts = 0; done < units; done += interval, restarts++) {
    if (done > 0) {
      // Restart markers count from 0 to 7, over and over. Any marker may have fill bytes before it.
      while (data[at] === 0xff && data[at + 1] === 0xff) at++;
      if (data[at] !== 0xff || data[at + 1] !== RST0 + ((restarts - 1) % 8))
        throw new Error(`its JPEG data have no restart marker after unit ${done} of ${units}`);
      at += 2;
    }
    const { fault, unit, markerAt } = follower.follow(at, Math.min(interval, units - done));
    if (fault !== 'none') throw new Error(`its JPEG data ${inWords(fault, done + unit, units)}`);
    at = markerAt;
  }
  while (at < data.length && data[at] === 0xff) at++;
  if (at < data.length) throw new Error(`its JPEG data go on after their last unit (${data.length - at} bytes)`);
}

function inWords(fault: Exclude<Followed['fault'], 'none'>, unit: number, units: number): string {
  if (fault === 'no code') return `have no Huffman code in unit ${unit}`;
  if (fault === 'too many coefficients') return `have more than 64 coefficients in a block of unit ${unit}`;
  return fault === 'too short' ? `end too early, in unit ${unit} of ${units}` : 'go on after their last unit';
}
