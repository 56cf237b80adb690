/** The image formats that segtile reads. */
export type ImageKind = 'TIFF' | 'PNG' | 'JPEG';

/** First bytes of each kind. TIFF: byte order, then 42 (classic) or 43 (BigTIFF) in it. */
const STARTS: readonly (readonly [kind: ImageKind, bytes: readonly number[]])[] = [
  ['TIFF', [0x49, 0x49, 42, 0]],
  ['TIFF', [0x49, 0x49, 43, 0]],
  ['TIFF', [0x4d, 0x4d, 0, 42]],
  ['TIFF', [0x4d, 0x4d, 0, 43]],
  ['PNG', [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]],
  ['JPEG', [0xff, 0xd8, 0xff]],
];

/** The kind of an image file, by its first bytes; undefined if it is none of these. */
export function imageKind(start: Uint8Array): ImageKind | undefined {
  return STARTS.find(([, bytes]) => bytes.every((byte, i) => start[i] === byte))?.[0];
}
