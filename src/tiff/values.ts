import { fromArrayBuffer } from 'geotiff';
import type { TagFile, TagName, Tags, TagValue } from './tags.js';

/** One tag as it lies in the file. */
export interface RawValue {
  readonly number: number;
  readonly name: TagName;
  /** Type of the values (TIFF 6.0 and BigTIFF). */
  readonly type: number;
  readonly count: number;
  readonly raw: Uint8Array;
  /** The value itself where it has 64 bits in a classic file (NDPI). */
  readonly wide: number | undefined;
}

/** Tags from here on are Hamamatsu's, of which geotiff.js knows neither names nor numbers. */
const FIRST_VENDOR_TAG = 65420;

const ASCII = 2;

/** Pairs of numerator and denominator. geotiff.js 2.1.3 reads the first pair of several right, and none after it. */
const RATIONAL = 5;

/**
 * Decodes the values of one directory with geotiff.js. It gets them as a file of its own in memory, with that one directory: it reads
 * every value that it finds, so it may find only those whose size and place were looked at before.
 *
 * @throws {Error} saying what makes no sense
 */
export async function decodeValues(values: readonly RawValue[], file: TagFile): Promise<Tags> {
  const texts = values.filter(({ type }) => type === ASCII);
  const quotients = values.filter(({ type }) => type === RATIONAL);
  const lists = values.filter((value) => isLongList(value));
  const standard = values.filter(
    (value) => value.number < FIRST_VENDOR_TAG && value.type !== ASCII && value.type !== RATIONAL && !isLongList(value),
  );
  const small = await fromArrayBuffer(smallFile(standard, file));
  const { fileDirectory } = (await small.parseFileDirectoryAt(small.firstIFDOffset)) as unknown as {
    readonly fileDirectory: Readonly<Record<string, TagValue | number | undefined>>;
  };
  const tags: Partial<Record<TagName, TagValue>> = {};
  for (const { name, raw } of texts) tags[name] = text(raw);
  for (const { name, raw } of quotients) tags[name] = unsigned32(raw, file.littleEndian);
  for (const value of lists) tags[value.name] = longList(value, file.littleEndian);
  for (const { name, wide } of standard) {
    const decoded = wide ?? fileDirectory[name];
    if (decoded !== undefined) tags[name] = typeof decoded === 'number' ? [decoded] : decoded;
  }
  for (const value of values) if (value.number >= FIRST_VENDOR_TAG) tags[value.name] = vendorValue(value);
  return tags;
}

/** A TIFF file of one directory and no pixels, in the byte order and the offset size of the file that the values come from. */
function smallFile(values: readonly RawValue[], { littleEndian, big }: TagFile): ArrayBuffer {
  const sorted = [...values].sort((a, b) => a.number - b.number);
  const [start, head, entryBytes, inline, next] = big ? [16, 8, 20, 8, 8] : [8, 2, 12, 4, 4];
  const free = start + head + sorted.length * entryBytes + next;
  const bytes = new Uint8Array(sorted.reduce((end, { raw }) => end + (raw.length > inline ? raw.length : 0), free));
  const view = new DataView(bytes.buffer);
  const offset = (at: number, value: number): void => {
    if (big) view.setBigUint64(at, BigInt(value), littleEndian);
    else view.setUint32(at, value, littleEndian);
  };
  view.setUint16(0, littleEndian ? 0x4949 : 0x4d4d, littleEndian);
  view.setUint16(2, big ? 43 : 42, littleEndian);
  if (big) view.setUint16(4, 8, littleEndian);
  offset(big ? 8 : 4, start);
  if (big) view.setBigUint64(start, BigInt(sorted.length), littleEndian);
  else view.setUint16(start, sorted.length, littleEndian);
  let end = free;
  for (const [i, { number, type, count, raw }] of sorted.entries()) {
    const at = start + head + i * entryBytes;
    view.setUint16(at, number, littleEndian);
    view.setUint16(at + 2, type, littleEndian);
    offset(at + 4, count);
    const valueAt = at + (big ? 12 : 8);
    if (raw.length <= inline) {
      bytes.set(raw, valueAt);
    } else {
      offset(valueAt, end);
      bytes.set(raw, end);
      end += raw.length;
    }
  }
  return bytes.buffer;
}

/** Descriptions can have megabytes: they are not copied into a file first. */
function text(raw: Uint8Array): string {
  const end = raw.indexOf(0);
  return new TextDecoder().decode(end < 0 ? raw : raw.subarray(0, end));
}

function unsigned32(raw: Uint8Array, littleEndian: boolean): Uint32Array {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const numbers = new Uint32Array(Math.floor(raw.length / 4));
  for (let i = 0; i < numbers.length; i++) numbers[i] = view.getUint32(i * 4, littleEndian);
  return numbers;
}

/** Bytes of one value of the types that lists of blocks have: LONG and LONG8. */
const LIST_TYPES: Readonly<Record<number, 4 | 8>> = { 4: 4, 16: 8 };

/** Values from which on a list is decoded here. geotiff.js takes some 70 ns a value, which for millions of blocks is more than a second. */
const LONG_LIST = 4096;

function isLongList({ number, type, count }: RawValue): boolean {
  return number < FIRST_VENDOR_TAG && count >= LONG_LIST && LIST_TYPES[type] !== undefined;
}

function longList({ type, raw }: RawValue, littleEndian: boolean): TagValue {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  if (LIST_TYPES[type] === 4) return unsigned32(raw, littleEndian);
  const [low, high] = littleEndian ? [0, 4] : [4, 0];
  const list = new Float64Array(Math.floor(raw.length / 8));
  for (let i = 0, at = 0; i < list.length; i++, at += 8) {
    list[i] = view.getUint32(at + high, littleEndian) * 2 ** 32 + view.getUint32(at + low, littleEndian);
  }
  return list;
}

const SLONG = 9;
const FLOAT = 11;

/** Hamamatsu writes little-endian files, and its tags have 32 bits a value. */
function vendorValue({ type, count, raw }: RawValue): TagValue {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const read = (at: number): number => {
    if (type === FLOAT) return view.getFloat32(at, true);
    return type === SLONG ? view.getInt32(at, true) : view.getUint32(at, true);
  };
  return raw.length === count * 4 ? Float64Array.from({ length: count }, (_, i) => read(i * 4)) : raw;
}
