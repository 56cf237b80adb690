import { reason, SegtileError } from '../../errors.js';
import { compressionName } from '../codecs/registry.js';
import { blockCount, directoryName } from '../directory.js';
import type { TiffImage } from '../image.js';

/** The error for a block that cannot be decoded: its number, codec and place in the file, and why. */
export function blockError({ source, directory, name, pages }: TiffImage, block: number, cause: unknown): SegtileError {
  if (cause instanceof SegtileError) return cause;
  const blocks = pages === undefined ? Number.POSITIVE_INFINITY : blockCount(directory) / pages.length;
  const page = pages?.[Math.floor(block / blocks)] ?? directory;
  const what = `block ${block % blocks} (${compressionName(directory.compression)}, at byte ${directory.offsets[block]})`;
  const where = `${name} (${directoryName(page)}) of ${source.path}`;
  const words = reason(cause).replaceAll(/\s+/g, ' ').trim();
  const why = words === '' || words === 'Unknown error' ? 'the decoder gives no reason' : words;
  const hint = 'the file is damaged: copy or download it again';
  return new SegtileError('input', `${what} in ${where} cannot be decoded: ${why}`, hint, cause);
}
