/** A tag: its type (2 text, 3 and 4 whole numbers of 16 and 32 bits, 5 pairs of numerator and denominator) and its values. */
export type RawTag = readonly [type: 2 | 3 | 4 | 5, values: readonly number[] | string];

/** A page of a classic little-endian TIFF file, byte for byte. */
export interface RawPage {
  readonly width: number;
  readonly height: number;
  /** Samples of a pixel; 1 unless it is said otherwise. */
  readonly samples?: number;
  /** Bits of a sample; 8 unless it is said otherwise. */
  readonly bits?: number;
  /** The bytes of each strip, as the file keeps them; with `rows`, else one strip. */
  readonly strips: readonly Uint8Array[];
  readonly rows?: number;
  /** Further tags, and those that take the place of others; without value where a tag is to be left out. */
  readonly tags?: Readonly<Record<number, RawTag | undefined>>;
  /** Pages in the tag SubIFDs. */
  readonly subs?: readonly RawPage[];
}

const SIZES = { 2: 1, 3: 2, 4: 4, 5: 8 } as const;

/**
 * A TIFF file of pages, whose directories come before their pixels unless `pixelsFirst`.
 *
 * @param next where the chain goes behind the last page
 */
export function rawTiff(
  pages: readonly RawPage[],
  { next = 0, pixelsFirst = false }: { next?: number | 'first'; pixelsFirst?: boolean } = {},
): Buffer {
  const file: Buffer[] = [Buffer.from('II*\0\0\0\0\0', 'latin1')];
  let end = 8;
  const append = (bytes: Uint8Array): number => {
    const at = end;
    // The bytes themselves: some are filled in later.
    file.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), Buffer.alloc(bytes.length % 2));
    end += bytes.length + (bytes.length % 2);
    return at;
  };
  const links: { readonly chunk: number; readonly at: number }[] = [];
  const write = (page: RawPage, chained: boolean): number => {
    const subs = (page.subs ?? []).map((sub) => write(sub, false));
    const { width, height, samples = 1, bits = 8, strips, rows = height } = page;
    const early = pixelsFirst ? strips.map(append) : [];
    const tags: Record<number, RawTag | undefined> = {
      256: [4, [width]],
      257: [4, [height]],
      258: [3, Array<number>(samples).fill(bits)],
      259: [3, [1]],
      262: [3, [samples >= 3 ? 2 : 1]],
      273: [4, early.length > 0 ? early : strips.map(() => 0)],
      277: [3, [samples]],
      278: [4, [rows]],
      279: [4, strips.map(({ length }) => length)],
      ...(subs.length > 0 && { 330: [4, subs] as const }),
      ...page.tags,
    };
    const listed = Object.entries(tags).flatMap(([number, tag]) => (tag ? [[Number(number), ...tag] as const] : []));
    const directory = Buffer.alloc(2 + listed.length * 12 + 4);
    directory.writeUInt16LE(listed.length, 0);
    let offsetsAt: Buffer | undefined;
    listed.sort(([a], [b]) => a - b);
    for (const [i, [number, type, values]] of listed.entries()) {
      const at = 2 + i * 12;
      const raw =
        typeof values === 'string'
          ? Buffer.from(`${values}\0`, 'latin1')
          : Buffer.alloc(values.length * (type === 5 ? 4 : SIZES[type]));
      if (typeof values !== 'string') {
        for (const [k, value] of values.entries())
          type === 3 ? raw.writeUInt16LE(value, k * 2) : raw.writeUInt32LE(value, k * 4);
      }
      directory.writeUInt16LE(number, at);
      directory.writeUInt16LE(type, at + 2);
      directory.writeUInt32LE(raw.length / SIZES[type], at + 4);
      const inline = raw.length <= 4;
      const place = inline ? directory.subarray(at + 8, at + 12) : raw;
      if (inline) raw.copy(place);
      else directory.writeUInt32LE(append(raw), at + 8);
      if (number === 273 && page.tags?.[273] === undefined) offsetsAt = place;
    }
    const at = append(directory);
    if (chained) {
      const link = links.at(-1);
      if (link === undefined) file[0]!.writeUInt32LE(at, 4);
      else file[link.chunk]!.writeUInt32LE(at, link.at);
      links.push({ chunk: file.length - 2, at: 2 + listed.length * 12 });
    }
    if (!pixelsFirst) for (const [i, strip] of strips.entries()) offsetsAt?.writeUInt32LE(append(strip), i * 4);
    return at;
  };
  for (const page of pages) write(page, true);
  const last = links.at(-1)!;
  file[last.chunk]!.writeUInt32LE(next === 'first' ? file[0]!.readUInt32LE(4) : next, last.at);
  return Buffer.concat(file);
}
