import type { Size } from '../../../types.js';

/** What the header of a JPEG stream says before its first scan. Offsets are bytes from the start of the stream. */
export interface JpegHead {
  readonly size: Size;
  readonly components: number;
  /**
   * The components of the only scan, if it is Huffman-coded and sequential (SOF0 or SOF1); undefined for data of
   * another kind.
   */
  readonly scan: readonly ScanComponent[] | undefined;
  /** Where the frame header (SOF) starts. */
  readonly frameAt: number;
  /** Where the entropy-coded data start. */
  readonly scanAt: number;
  /** Where they end: the EOI marker. */
  readonly endAt: number;
  /** Whether the data are lossless, by prediction (SOF3 and similar). */
  readonly lossless: boolean;
  /** Start and end of the segments that say what the components are: those of JFIF (APP0) and Adobe (APP14). */
  readonly colour: readonly Segment[];
  /** All segments of applications and comments (APPn, COM), those of {@link colour} with them. */
  readonly extras: readonly Segment[];
}

/** Where a segment starts and ends. */
type Segment = readonly [start: number, end: number];

/** A component as a scan codes it. */
export interface ScanComponent {
  /** Its blocks in one unit of the scan (MCU), across and down (ITU-T T.81, B.2.2). */
  readonly factors: readonly [across: number, down: number];
  /** Numbers of the tables of its codes. */
  readonly dcTable: number;
  readonly acTable: number;
}

/**
 * Reads the headers of a JPEG stream. Makes sure that the stream has its beginning and its end, and that its picture
 * has at least the pixels that are needed, but not more than may be held in memory. If a stream is cut, or does not
 * fill its tile, decoders fill up with grey or with the pixels of another tile, and do not report it. Bytes after the
 * end of the stream are ignored.
 *
 * @param least smallest size of the picture, in pixels
 * @param most largest size of the picture, in pixels
 * @throws {Error} saying what is missing
 */
export function jpegHead(bytes: Uint8Array, least: Size, most: Size): JpegHead {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) throw new Error('it does not start as JPEG data do (no SOI marker)');
  const start = parseHead(bytes);
  const endAt = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(EOI, start?.scanAt ?? 2);
  if (endAt < 0) throw new Error('its JPEG data end too early (no EOI marker)');
  if (start === undefined) throw new Error('its JPEG data have no frame header (no SOF marker)');
  const head = { ...start, endAt };
  const { width, height } = head.size;
  if (width < least.width || height < least.height) {
    throw new Error(`its JPEG data have ${width} × ${height} pixels where ${least.width} × ${least.height} are due`);
  }
  if (width > most.width || height > most.height) {
    throw new Error(`its JPEG data have ${width} × ${height} pixels where at most ${most.width} × ${most.height} are expected`);
  }
  return head;
}

const EOI = Buffer.of(0xff, 0xd9);

/** The first characters of segments that say what the components are, by their markers. */
const SAYS_COLOUR: Readonly<Record<number, string>> = { 224: 'JFIF\0', 238: 'Adobe' };

type ParsedHead = Omit<JpegHead, 'endAt'>;

/** The header that was parsed last, and its bytes. Nearly all blocks of a file have the same one. */
let latest: { readonly bytes: Uint8Array; readonly head: ParsedHead } | undefined;

function parseHead(bytes: Uint8Array): ParsedHead | undefined {
  if (latest && Buffer.compare(latest.bytes, bytes.subarray(0, latest.bytes.length)) === 0) return latest.head;
  const head = parseSegments(bytes);
  if (head) latest = { bytes: bytes.slice(0, head.scanAt), head };
  return head;
}

/** Markers C0 to CF are frame headers, except C4, C8 and CC (ITU-T T.81, table B.1). */
function parseSegments(bytes: Uint8Array): ParsedHead | undefined {
  const short = (at: number) => bytes[at]! * 256 + bytes[at + 1]!;
  const colour: Segment[] = [];
  const extras: Segment[] = [];
  let frame: Pick<JpegHead, 'size' | 'components' | 'frameAt'> | undefined;
  let sequential = false;
  let lossless = false;
  const factors = new Map<number, readonly [number, number]>();
  for (let at = 2; at + 4 < bytes.length; ) {
    if (bytes[at] !== 0xff) return undefined;
    const marker = bytes[at + 1]!;
    if (marker === 0xff) {
      at++;
      continue;
    }
    const next = at + 2 + short(at + 2);
    if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) {
      const components = bytes[at + 9]!;
      for (let c = 0; c < components; c++) {
        const both = bytes[at + 11 + 3 * c]!;
        factors.set(bytes[at + 10 + 3 * c]!, [both >> 4, both & 15]);
      }
      sequential = marker <= 0xc1;
      lossless = (marker & 3) === 3;
      frame = { size: { width: short(at + 7), height: short(at + 5) }, components, frameAt: at };
    } else if ((marker >= 0xe0 && marker <= 0xef) || marker === 0xfe) {
      extras.push([at, next]);
      if (SAYS_COLOUR[marker] === String.fromCharCode(...bytes.subarray(at + 4, at + 9))) colour.push([at, next]);
    } else if (marker === 0xda) {
      if (frame === undefined) return undefined;
      const whole = sequential && bytes[at + 4] === frame.components && factors.size === frame.components;
      return {
        ...frame,
        scan: whole ? scanComponents(bytes.subarray(at + 5), factors) : undefined,
        scanAt: next,
        lossless,
        colour,
        extras,
      };
    }
    at = next;
  }
  return undefined;
}

/**
 * Reads the components of a scan header, whose first component is at the start of `bytes`; undefined unless the scan
 * has each component of the frame exactly once.
 */
function scanComponents(
  bytes: Uint8Array,
  factors: ReadonlyMap<number, readonly [number, number]>,
): ScanComponent[] | undefined {
  const scan = Array.from({ length: factors.size }, (_, i) => ({ id: bytes[2 * i]!, tables: bytes[2 * i + 1]! }));
  const known = scan.every(({ id }) => factors.has(id)) && new Set(scan.map(({ id }) => id)).size === scan.length;
  if (!known) return undefined;
  return scan.map(({ id, tables }) => ({ factors: factors.get(id)!, dcTable: tables >> 4, acTable: tables & 15 }));
}

/**
 * A block as a JPEG file of its own. Its decoder leaves the components as they are or turns YCbCr into RGB, as TIFF
 * says. Without help it would guess from the components, or obey a JFIF segment, which wins over everything. So JFIF
 * and Adobe segments are removed, and for three components a new Adobe segment is added.
 *
 * @param tables tag JPEGTables: SOI, tables, EOI
 * @param yCbCr whether three components are YCbCr, to be turned into RGB
 * @param without the segments that are left out, at least those that say what the components are
 */
export function bareJpeg(
  bytes: Uint8Array,
  head: JpegHead,
  tables: Uint8Array | undefined,
  yCbCr: boolean,
  without: readonly Segment[] = head.colour,
): Uint8Array {
  const pieces: Uint8Array[] = [bytes.subarray(0, 2)];
  if (tables !== undefined) pieces.push(tables.subarray(2, tables.length - 2));
  let from = 2;
  for (const [start, end] of without) {
    pieces.push(bytes.subarray(from, start));
    from = end;
  }
  // Without an Adobe segment, the decoder leaves four components as they are. With one, it inverts them.
  if (head.components === 3) {
    if (from <= head.frameAt) {
      pieces.push(bytes.subarray(from, head.frameAt));
      from = head.frameAt;
    }
    // Lossless data are never converted to other colours, neither by writers nor by libjpeg.
    pieces.push(adobeSegment(yCbCr && !head.lossless ? 1 : 0));
  }
  pieces.push(bytes.subarray(from));
  return Buffer.concat(pieces);
}

/** Marker, length, `Adobe`, version 100, two flags, transform: 0 none, 1 YCbCr (Adobe technical note 5116, section 18). */
function adobeSegment(transform: 0 | 1): Uint8Array {
  return Uint8Array.of(0xff, 0xee, 0, 14, 0x41, 0x64, 0x6f, 0x62, 0x65, 0, 100, 0, 0, 0, 0, transform);
}
