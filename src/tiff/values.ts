import type { TagName, Tags, TagValue } from './tag-names.js';

/** One tag as it lies in the file. */
export interface RawValue {
  readonly name: TagName;
  /** Type of the values (TIFF 6.0 and BigTIFF). */
  readonly type: number;
  readonly raw: Uint8Array;
  /** The value itself, if it has 64 bits in a classic file (NDPI). */
  readonly wide: number | undefined;
}

/** Decodes the values of a directory. */
export function decodeValues(values: readonly RawValue[], littleEndian: boolean): Tags {
  const tags: Partial<Record<TagName, TagValue>> = {};
  for (const { name, type, raw, wide } of values) {
    // Geo keys point to bytes of this text, so it stays as bytes.
    const kept = name === 'GeoAsciiParams' ? raw : decode(type, raw, littleEndian);
    tags[name] = wide === undefined ? kept : [wide];
  }
  return tags;
}

/**
 * How to read values of each type, by the number of the type. 64-bit integers become numbers, which can hold any offset
 * or count of a real file.
 */
const READERS: Readonly<Record<number, Reader>> = {
  3: { bytes: 2, list: Uint16Array, read: (view, at, little) => view.getUint16(at, little) },
  4: { bytes: 4, list: Uint32Array, read: (view, at, little) => view.getUint32(at, little) },
  // RATIONAL and SRATIONAL: numerator, denominator, numerator, ...
  5: { bytes: 4, list: Uint32Array, read: (view, at, little) => view.getUint32(at, little) },
  6: { bytes: 1, list: Int8Array, read: (view, at) => view.getInt8(at) },
  8: { bytes: 2, list: Int16Array, read: (view, at, little) => view.getInt16(at, little) },
  9: { bytes: 4, list: Int32Array, read: (view, at, little) => view.getInt32(at, little) },
  10: { bytes: 4, list: Int32Array, read: (view, at, little) => view.getInt32(at, little) },
  11: { bytes: 4, list: Float32Array, read: (view, at, little) => view.getFloat32(at, little) },
  12: { bytes: 8, list: Float64Array, read: (view, at, little) => view.getFloat64(at, little) },
  13: { bytes: 4, list: Uint32Array, read: (view, at, little) => view.getUint32(at, little) },
  16: { bytes: 8, list: Float64Array, read: unsigned64 },
  17: { bytes: 8, list: Float64Array, read: (view, at, little) => Number(view.getBigInt64(at, little)) },
  18: { bytes: 8, list: Float64Array, read: unsigned64 },
};

interface Reader {
  readonly bytes: number;
  readonly list: new (length: number) => { [index: number]: number; readonly length: number };
  read(view: DataView, at: number, littleEndian: boolean): number;
}

/** The type of tags that hold text. */
export const ASCII = 2;

/** Decodes the values of a tag. Values of the types BYTE and UNDEFINED stay as they are. */
function decode(type: number, raw: Uint8Array, littleEndian: boolean): TagValue {
  if (type === ASCII) return text(raw);
  const reader = READERS[type];
  if (reader === undefined) return raw;
  const { bytes, list: List, read } = reader;
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const values = new List(Math.floor(raw.length / bytes));
  for (let i = 0; i < values.length; i++) values[i] = read(view, i * bytes, littleEndian);
  return values;
}

/** Text ends at its first zero. */
function text(raw: Uint8Array): string {
  const end = raw.indexOf(0);
  return new TextDecoder().decode(end < 0 ? raw : raw.subarray(0, end));
}

/** Reads two halves, which takes a third of the time of one BigInt: lists of blocks have millions of values. */
function unsigned64(view: DataView, at: number, littleEndian: boolean): number {
  const [low, high] = littleEndian ? [at, at + 4] : [at + 4, at];
  return view.getUint32(high, littleEndian) * 2 ** 32 + view.getUint32(low, littleEndian);
}
