import type { ByteSource } from '../io/source.js';
import { TAGS, type TagName, type Tags } from './tag-names.js';
import { ASCII, decodeValues } from './values.js';

const NAMES: ReadonlyMap<number, TagName> = new Map(Object.entries(TAGS).map(([number, name]) => [Number(number), name]));

const NDPI_FORMAT = 65420;

/** A TIFF file, and what is needed to read its directories. */
export interface TagFile {
  readonly source: ByteSource;
  readonly littleEndian: boolean;
  /** BigTIFF: 64-bit offsets and counts. */
  readonly big: boolean;
  /** Hamamatsu NDPI: classic TIFF with the high words of 64-bit values behind each directory. */
  readonly ndpi: boolean;
}

/** The tags of a directory, and the offset of the next directory; 0 if there is none. */
export interface RawDirectory {
  readonly tags: Tags;
  readonly next: number;
  /** Bytes of the values that do not lie in the directory itself. */
  readonly bytes: number;
  /** Sentences for people about what is damaged, but not needed. */
  readonly oddities: readonly string[];
}

/** The tags of a file need more memory than they may take. This is an error even if nothing needs these tags. */
export class TooManyBytes extends Error {}

/** Bytes that are read at a directory before its length is known. Most directories and their small values fit. */
const GUESS = 4096;

/** A tag with more bytes than this means a damaged file: block lists of the largest slides are near 30 MB. */
const LARGEST_TAG = 2 ** 26;

/** Most bytes of a text. Text is searched through, and the OME-XML of the largest experiments has some megabytes. */
const LONGEST_TEXT = 2 ** 25;

/** Tags that say where on earth an image lies. */
const GEO: readonly TagName[] = [
  'ModelPixelScale',
  'ModelTiepoint',
  'ModelTransformation',
  'GeoKeyDirectory',
  'GeoDoubleParams',
  'GeoAsciiParams',
];

/** Most bytes of such a tag: room for thousands of tie points, which is more than anybody sets. */
const LONGEST_GEO = 2 ** 20;

/** Tags that pixels do not depend on. A damaged one is left out, and that is said. */
const NEEDLESS: ReadonlySet<TagName> = new Set([
  ...GEO,
  'ImageDescription',
  'XResolution',
  'YResolution',
  'Software',
  'SubIFDs',
  'XMP',
]);

/** A directory has some twenty tags; more than this means a damaged file. */
const MOST_ENTRIES = 4096;

/** Bytes of one value, by the type of a tag (TIFF 6.0 and BigTIFF). */
const TYPE_BYTES: readonly number[] = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8];

interface TagEntry {
  readonly name: TagName;
  readonly type: number;
  readonly bytes: number;
  /** Where the values are in the file. */
  readonly offset: number;
  /** The value itself, if it has 64 bits in a classic file (NDPI). */
  readonly wide: number | undefined;
}

/**
 * Reads one directory: its entries in a first read, then all values that lie elsewhere in a second read. If two tags
 * have the same number, the first one counts, as in libtiff.
 *
 * @param allowance most bytes that values may have
 * @throws {Error} saying what makes no sense; {TooManyBytes} if values have more bytes than `allowance`; {SegtileError}
 *   if the file cannot be read
 */
export async function readTags(
  file: TagFile,
  offset: number,
  allowance: number,
  signal: AbortSignal | undefined,
): Promise<RawDirectory> {
  const { source, littleEndian, big, ndpi } = file;
  const [head, entryBytes, inline, nextBytes] = big ? [8, 20, 8, 8] : [2, 12, 4, ndpi ? 8 : 4];
  let view = await viewOf(source, offset, Math.min(GUESS, source.size - offset), signal);
  if (view.byteLength < head) throw new Error(`the file ends at byte ${source.size}`);
  const entries = big ? unsigned64(view, 0, littleEndian) : view.getUint16(0, littleEndian);
  const length = head + entries * entryBytes + nextBytes + (ndpi ? entries * 4 : 0);
  const nextAt = head + entries * entryBytes;
  const oddities: string[] = [];
  // If only the last few bytes of the file are missing, only the end of the chain of directories is lost.
  const cut = !ndpi && offset + length > source.size && offset + nextAt <= source.size;
  if (cut) oddities.push('the file ends where it should say that no directory follows');
  else if (offset + length > source.size)
    throw new Error(`it claims ${entries} tags, but the file ends at byte ${source.size}`);
  if (entries > MOST_ENTRIES) throw new Error(`it claims ${entries} tags`);
  if (length > view.byteLength) view = await viewOf(source, offset, Math.min(length, source.size - offset), signal);

  const found = new Map<TagName, TagEntry>();
  for (let i = 0; i < entries; i++) {
    const at = head + i * entryBytes;
    const number = view.getUint16(at, littleEndian);
    const name = NAMES.get(number);
    const type = view.getUint16(at + 2, littleEndian);
    const size = TYPE_BYTES[type] ?? 0;
    if (name === undefined || found.has(name)) continue;
    if (size === 0) {
      oddities.push(`${name} has the type ${type}, which no specification knows: it is left out`);
      continue;
    }
    const count = big ? unsigned64(view, at + 4, littleEndian) : view.getUint32(at + 4, littleEndian);
    const bytes = size * count;
    const valueAt = at + (big ? 12 : 8);
    const high = ndpi ? view.getUint32(nextAt + nextBytes + i * 4, true) * 2 ** 32 : 0;
    const wide = high > 0 && bytes <= inline ? high + view.getUint32(valueAt, true) : undefined;
    const elsewhere = big ? unsigned64(view, valueAt, littleEndian) : view.getUint32(valueAt, littleEndian) + high;
    const entry = { name, type, bytes, offset: bytes <= inline ? offset + valueAt : elsewhere, wide };
    const beyond = entry.offset + bytes > source.size;
    if (!beyond && bytes <= mostBytes(entry)) {
      found.set(name, entry);
      continue;
    }
    const end = beyond ? ` at byte ${entry.offset}, but the file ends at byte ${source.size}` : '';
    const what = `${name} has ${bytes} bytes${end}`;
    // A tag such as a description that is in the file but too long is an error: it may say what the image is.
    if (!NEEDLESS.has(name) || (!beyond && !GEO.includes(name))) throw new Error(what);
    oddities.push(`${what}: it is left out`);
  }

  const inside = (entry: TagEntry) => entry.offset >= offset && entry.offset + entry.bytes <= offset + view.byteLength;
  const outside = [...found.values()]
    .filter((entry) => !inside(entry))
    .map((entry) => ({ entry, into: new Uint8Array(entry.bytes) }));
  const bytes = outside.reduce((sum, { into }) => sum + into.length, 0);
  if (bytes > allowance) throw new TooManyBytes(`the tags up to here have more than ${allowance} bytes`);
  await source.read(
    outside.map(({ entry, into }) => ({ offset: entry.offset, into })),
    signal,
  );
  const fetched = new Map(outside.map(({ entry, into }) => [entry.name, into]));
  const values = [...found.values()].map(({ name, type, bytes, offset: at, wide }) => {
    const raw = fetched.get(name) ?? new Uint8Array(view.buffer).slice(at - offset, at - offset + bytes);
    return { name, type, raw, wide };
  });
  const next = cut ? 0 : big || ndpi ? unsigned64(view, nextAt, littleEndian) : view.getUint32(nextAt, littleEndian);
  return { tags: decodeValues(values, littleEndian), next, bytes, oddities };
}

/** The most bytes that the values of a tag may have. */
function mostBytes({ name, type }: TagEntry): number {
  if (GEO.includes(name)) return LONGEST_GEO;
  return type === ASCII ? LONGEST_TEXT : LARGEST_TAG;
}

/**
 * Reads the header of a TIFF file.
 *
 * @returns how to read its directories, and where the first one is; 0 where there is none
 * @throws {Error} saying what makes no sense
 */
export async function readHeader(
  source: ByteSource,
  signal: AbortSignal | undefined,
): Promise<{ readonly file: TagFile; readonly first: number }> {
  const view = await viewOf(source, 0, Math.min(16, source.size), signal);
  if (view.byteLength < 8) throw new Error(`the file has only ${source.size} bytes`);
  const littleEndian = view.getUint16(0, true) === 0x4949;
  const version = view.getUint16(2, littleEndian);
  const file = { source, littleEndian, big: version === 43, ndpi: false };
  if (!file.big) {
    if (littleEndian && view.byteLength >= 12) {
      const first = unsigned64(view, 4, true);
      if (await isNdpi(source, first, signal)) return { file: { ...file, ndpi: true }, first };
    }
    return { file, first: view.getUint32(4, littleEndian) };
  }
  if (view.byteLength < 16) throw new Error(`the file has only ${source.size} bytes`);
  const offsetBytes = view.getUint16(4, littleEndian);
  if (offsetBytes !== 8) throw new Error(`it claims offsets of ${offsetBytes} bytes`);
  return { file, first: unsigned64(view, 8, littleEndian) };
}

/**
 * Whether there is a directory at `first` with the tag that all NDPI files have. The header of such a file has a 64-bit
 * offset.
 */
async function isNdpi(source: ByteSource, first: number, signal: AbortSignal | undefined): Promise<boolean> {
  if (first < 12 || first + 2 > source.size) return false;
  const view = await viewOf(source, first, Math.min(GUESS, source.size - first), signal);
  const entries = Math.min(view.getUint16(0, true), Math.floor((view.byteLength - 2) / 12));
  for (let i = 0; i < entries; i++) if (view.getUint16(2 + i * 12, true) === NDPI_FORMAT) return true;
  return false;
}

async function viewOf(
  source: ByteSource,
  offset: number,
  length: number,
  signal: AbortSignal | undefined,
): Promise<DataView<ArrayBuffer>> {
  if (!(length > 0)) throw new Error(`the file ends at byte ${source.size}`);
  const into = new Uint8Array(length);
  await source.read([{ offset, into }], signal);
  return new DataView(into.buffer);
}

function unsigned64(view: DataView, at: number, littleEndian: boolean): number {
  return Number(view.getBigUint64(at, littleEndian));
}
