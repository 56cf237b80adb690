import { readFileSync } from 'node:fs';
import sharp from 'sharp';

/** Samples of one image of a TIFF as sharp (libtiff) reads them. */
export async function sharpRead(path: string, where: { page?: number; subifd?: number }, channels: number) {
  const { data, info } = await sharp(path, { ...where, limitInputPixels: false, failOn: 'warning', ignoreIcc: true })
    .toColourspace(channels === 1 ? 'b-w' : 'srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, channels: info.channels, data: new Uint8Array(data) };
}

/** The tags of one directory of a little-endian BigTIFF, read by the letter of the format: tag to type and values. */
export interface RawDirectory {
  readonly offset: number;
  readonly order: readonly number[];
  readonly next: number;
  readonly tags: ReadonlyMap<number, { readonly type: number; readonly values: readonly number[] }>;
}

/** The chain of directories of a BigTIFF, and with each its SubIFDs. */
export function rawDirectories(path: string): { readonly chain: RawDirectory[]; readonly sub: RawDirectory[] } {
  const bytes = readFileSync(path);
  if (
    bytes.toString('latin1', 0, 2) !== 'II' ||
    bytes.readUInt16LE(2) !== 43 ||
    bytes.readUInt16LE(4) !== 8 ||
    bytes.readUInt16LE(6) !== 0
  ) {
    throw new Error('not a little-endian BigTIFF');
  }
  const chain: RawDirectory[] = [];
  for (let at = u64(bytes, 8); at !== 0; at = chain.at(-1)!.next) chain.push(rawDirectory(bytes, at));
  const sub = chain.flatMap(({ tags }) => (tags.get(330)?.values ?? []).map((at) => rawDirectory(bytes, at)));
  return { chain, sub };
}

const u64 = (bytes: Buffer, at: number) => Number(bytes.readBigUInt64LE(at));

function rawDirectory(bytes: Buffer, offset: number): RawDirectory {
  const count = u64(bytes, offset);
  const tags = new Map<number, { type: number; values: number[] }>();
  const order: number[] = [];
  for (let i = 0; i < count; i++) {
    const at = offset + 8 + 20 * i;
    const tag = bytes.readUInt16LE(at);
    const type = bytes.readUInt16LE(at + 2);
    const size = { 2: 1, 3: 2, 4: 4, 5: 8, 16: 8, 18: 8 }[type];
    if (size === undefined) throw new Error(`tag ${tag} has type ${type}`);
    const length = u64(bytes, at + 4);
    const start = size * length <= 8 ? at + 12 : u64(bytes, at + 12);
    const values: number[] = [];
    for (let k = 0; k < length; k++) {
      const here = start + k * size;
      if (type === 5) values.push(bytes.readUInt32LE(here) / bytes.readUInt32LE(here + 4));
      else
        values.push(
          size === 1
            ? bytes[here]!
            : size === 2
              ? bytes.readUInt16LE(here)
              : size === 4
                ? bytes.readUInt32LE(here)
                : u64(bytes, here),
        );
    }
    order.push(tag);
    tags.set(tag, { type, values });
  }
  return { offset, order, next: u64(bytes, offset + 8 + 20 * count), tags };
}
