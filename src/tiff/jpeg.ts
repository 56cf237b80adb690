/**
 * Makes sure that a JPEG stream has its beginning and its end. Decoders fill up a stream that was cut with grey and say nothing.
 * Fill bytes after the end are allowed.
 *
 * @throws {Error} saying which marker is missing
 */
export function requireWholeJpeg(bytes: Uint8Array): void {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) throw new Error('it does not start as JPEG data do (no SOI marker)');
  let end = bytes.length;
  while (end > 2 && (bytes[end - 1] === 0 || bytes[end - 1] === 0xff)) end--;
  if (bytes[end - 1] !== 0xd9 || bytes[end - 2] !== 0xff) throw new Error('its JPEG data end too early (no EOI marker)');
}
