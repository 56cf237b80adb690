/**
 * How an image has to be turned before it is shown, by the value of the tag Orientation (TIFF 6.0; Exif 2.32 has the
 * same values).
 */
const WORDS: Readonly<Record<number, string>> = {
  2: 'mirrored left to right',
  3: 'turned by 180 degrees',
  4: 'mirrored top to bottom',
  5: 'mirrored left to right and turned by 90 degrees to the left',
  6: 'turned by 90 degrees to the right',
  7: 'mirrored left to right and turned by 90 degrees to the right',
  8: 'turned by 90 degrees to the left',
};

/**
 * The note about an image that is to be shown in another way than it is stored.
 *
 * @param kind which metadata say so
 * @returns one note; none for 1, for an invalid value, or without a value
 */
export function orientationNotes(orientation: number | undefined, kind: 'TIFF' | 'EXIF'): readonly string[] {
  const shown = orientation === undefined ? undefined : WORDS[orientation];
  if (shown === undefined) return [];
  return [`${kind} orientation ${orientation} (to be shown ${shown}) is ignored: pixels lie as they are stored`];
}

/** The tag Orientation of the first directory of Exif data, which is a small TIFF; undefined if there is none. */
export function exifOrientation(exif: Uint8Array): number | undefined {
  const view = new DataView(exif.buffer, exif.byteOffset, exif.byteLength);
  const order = String.fromCharCode(exif[0] ?? 0, exif[1] ?? 0);
  if (exif.length < 10 || (order !== 'II' && order !== 'MM')) return undefined;
  const little = order === 'II';
  const start = view.getUint32(4, little);
  if (start + 2 > exif.length) return undefined;
  const entries = view.getUint16(start, little);
  for (let at = start + 2; at < start + 2 + 12 * entries && at + 12 <= exif.length; at += 12) {
    if (view.getUint16(at, little) === ORIENTATION) return view.getUint16(at + 8, little);
  }
  return undefined;
}

/** Number of the tag. */
const ORIENTATION = 274;
