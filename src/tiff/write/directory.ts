/**
 * Directories of a little-endian BigTIFF as bytes. Pure. Layout after the BigTIFF design of the libtiff project
 * (https://libtiff.gitlab.io/libtiff/specification/bigtiff.html); tag numbers after TIFF 6.0.
 */

/** Tags that the writer uses, by the names of TIFF 6.0. */
export const Tag = {
  NewSubfileType: 254,
  ImageWidth: 256,
  ImageLength: 257,
  BitsPerSample: 258,
  Compression: 259,
  PhotometricInterpretation: 262,
  ImageDescription: 270,
  SamplesPerPixel: 277,
  XResolution: 282,
  YResolution: 283,
  PlanarConfiguration: 284,
  ResolutionUnit: 296,
  Software: 305,
  ColorMap: 320,
  TileWidth: 322,
  TileLength: 323,
  TileOffsets: 324,
  TileByteCounts: 325,
  SubIFDs: 330,
  SampleFormat: 339,
  YCbCrSubSampling: 530,
} as const;

/** One entry of a directory. A rational is two values, numerator and denominator; text is ASCII codes with the final zero. */
export interface Entry {
  readonly tag: number;
  readonly type: FieldType;
  readonly values: readonly number[] | Uint8Array;
}

/** The field types that the writer uses, by the names of TIFF 6.0 and BigTIFF. */
export type FieldType = 'ascii' | 'short' | 'long' | 'rational' | 'double' | 'long8' | 'ifd8';

/**
 * For each type its code, and the bytes of one value as it stands in {@link Entry.values} (a rational is two values of
 * four bytes).
 */
const fields: Readonly<Record<FieldType, { code: number; bytes: number; valuesPerField: number }>> = {
  ascii: { code: 2, bytes: 1, valuesPerField: 1 },
  short: { code: 3, bytes: 2, valuesPerField: 1 },
  long: { code: 4, bytes: 4, valuesPerField: 1 },
  rational: { code: 5, bytes: 4, valuesPerField: 2 },
  double: { code: 12, bytes: 8, valuesPerField: 1 },
  long8: { code: 16, bytes: 8, valuesPerField: 1 },
  ifd8: { code: 18, bytes: 8, valuesPerField: 1 },
};

/** The 16 bytes of the header, pointing to the main directory at a byte offset. */
export function header(firstDirectory: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(16));
  view.setUint16(0, 0x4949, true);
  view.setUint16(2, 43, true);
  view.setUint16(4, 8, true);
  view.setBigUint64(8, BigInt(firstDirectory), true);
  return new Uint8Array(view.buffer);
}

/**
 * Lays out the directories of images as one run of bytes, which will start at byte `start` of the file. Each image has
 * its main directory first, then those of its reduced levels. With `subifd`, the main directory lists the directories
 * of the reduced levels (tag 330), and the main directories form a chain. With `chained`, each directory points to the
 * next one.
 *
 * @param images for each image the entries of its directories, full resolution first
 */
export function directories(images: readonly (readonly (readonly Entry[])[])[], levels: LevelLinks, start: number): Uint8Array {
  const nested = levels === 'subifd';
  // The size of a directory depends on how many values its entries have, not on what they are.
  const withChildren = (entries: readonly Entry[], children: readonly number[]): readonly Entry[] =>
    nested && children.length > 0 ? [...entries, { tag: Tag.SubIFDs, type: 'ifd8', values: children }] : entries;
  let end = start;
  const placed = images.map((image) =>
    image.map((entries, level) => {
      const offset = end;
      end += directoryLength(
        level === 0
          ? withChildren(
              entries,
              image.slice(1).map(() => 0),
            )
          : entries,
      );
      return { offset, entries };
    }),
  );
  const bytes = new Uint8Array(end - start);
  placed.forEach(([main, ...reduced], image) => {
    const following = placed[image + 1]?.[0]?.offset ?? 0;
    const children = reduced.map(({ offset }) => offset);
    const chain = nested ? [following, ...reduced.map(() => 0)] : [...children, following];
    [{ ...main!, entries: withChildren(main!.entries, children) }, ...reduced].forEach(({ offset, entries }, level) => {
      writeDirectory(bytes, offset - start, start, entries, chain[level]!);
    });
  });
  return bytes;
}

/**
 * How the reduced levels of a pyramid are linked: as sub-directories (`subifd`), as OME-TIFF 6 wants them, or as a
 * chain of directories (`chained`).
 */
export type LevelLinks = 'subifd' | 'chained';

const padded = (length: number) => Math.ceil(length / 8) * 8;
const valueLength = ({ type, values }: Entry) => values.length * fields[type].bytes;
const farLength = (entry: Entry) => (valueLength(entry) > 8 ? padded(valueLength(entry)) : 0);
const tableLength = (entries: readonly Entry[]) => padded(8 + 20 * entries.length + 8);

function directoryLength(entries: readonly Entry[]): number {
  return entries.reduce((sum, entry) => sum + farLength(entry), tableLength(entries));
}

function writeDirectory(bytes: Uint8Array, at: number, fileOffset: number, entries: readonly Entry[], next: number): void {
  const view = new DataView(bytes.buffer);
  // TIFF 6.0 asks for ascending tags.
  const sorted = [...entries].sort((a, b) => a.tag - b.tag);
  let far = at + tableLength(sorted);
  let cursor = at;
  view.setBigUint64(cursor, BigInt(sorted.length), true);
  cursor += 8;
  for (const entry of sorted) {
    const field = fields[entry.type];
    view.setUint16(cursor, entry.tag, true);
    view.setUint16(cursor + 2, field.code, true);
    view.setBigUint64(cursor + 4, BigInt(entry.values.length / field.valuesPerField), true);
    if (farLength(entry) === 0) {
      writeValues(view, cursor + 12, entry);
    } else {
      view.setBigUint64(cursor + 12, BigInt(fileOffset + far), true);
      writeValues(view, far, entry);
      far += farLength(entry);
    }
    cursor += 20;
  }
  view.setBigUint64(cursor, BigInt(next), true);
}

function writeValues(view: DataView, at: number, { type, values }: Entry): void {
  const { bytes } = fields[type];
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (bytes === 1) view.setUint8(at + i, value);
    else if (bytes === 2) view.setUint16(at + 2 * i, value, true);
    else if (bytes === 4) view.setUint32(at + 4 * i, value, true);
    else if (type === 'double') view.setFloat64(at + 8 * i, value, true);
    else view.setBigUint64(at + 8 * i, BigInt(value), true);
  }
}

/** Text as the values of an `ascii` entry. UTF-8, which is what readers expect where the text is not plain ASCII. */
export function asciiValues(value: string): Uint8Array {
  return new TextEncoder().encode(`${value}\0`);
}

/**
 * A positive number as numerator and denominator below 2^32, by its continued fraction. It is exact if such a fraction
 * exists; otherwise it is the last convergent that fits.
 */
export function rational(value: number): readonly [numerator: number, denominator: number] {
  const limit = 2 ** 32 - 1;
  let [n0, d0, n1, d1] = [0, 1, 1, 0];
  let rest = value;
  for (let step = 0; step < 40; step++) {
    const whole = Math.floor(rest);
    const [n, d] = [whole * n1 + n0, whole * d1 + d0];
    if (n > limit || d > limit) break;
    [n0, d0, n1, d1] = [n1, d1, n, d];
    if (n / d === value) break;
    rest = 1 / (rest - whole);
  }
  return [n1, d1];
}
