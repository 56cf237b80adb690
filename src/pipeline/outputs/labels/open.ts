import { inSharedMemory } from '../../../io/threads/shared-bytes.js';
import { startFiles } from '../../../io/threads/start.js';
import type { RasterRows, Sink, Size } from '../../../types.js';
import type { Keep } from '../../records/files-and-record.js';
import { type LabelFile, openLabelFile } from './label-file.js';

/** Labels of the mask, in memory that all threads share. */
export type SharedRows = RasterRows<Uint8Array<SharedArrayBuffer>>;

/** A mask of fewer pixels is written sooner than a thread starts. */
const WORTH_A_THREAD = 2 ** 24;

/**
 * Begins files that are made of labels alone. If the mask is large, a thread of its own makes them.
 *
 * @param size of the mask, in px
 * @param keep gets each file, in their order
 * @returns what takes the labels
 * @throws {SegtileError} `output` if a file cannot be begun
 */
export async function openLabelFiles(
  files: readonly LabelFile[],
  { width, height }: Size,
  keep: Keep,
): Promise<Pick<Sink<RasterRows>, 'write'>[]> {
  if (width * height >= WORTH_A_THREAD) return [await inThread(files, keep)];
  const sinks: Sink<RasterRows>[] = [];
  for (const file of files) sinks.push(keep(file.path, await openLabelFile(file)));
  return sinks;
}

async function inThread(files: readonly LabelFile[], keep: Keep): Promise<Pick<Sink<RasterRows>, 'write'>> {
  const start = files.map(shareable);
  const thread = await startFiles<SharedRows, never, never, undefined>(new URL('./thread.js', import.meta.url), start);
  const nothing = async (): Promise<void> => undefined;
  for (const [index, file] of thread.files.entries()) keep(files[index]!.path, { write: nothing, ...file });
  let own: Uint8Array<SharedArrayBuffer> | undefined;

  /** The labels in shared memory: where they are, or a copy. */
  function shared(data: Uint8Array): Uint8Array<SharedArrayBuffer> {
    if (data.buffer instanceof SharedArrayBuffer) return data as Uint8Array<SharedArrayBuffer>;
    if (!own || own.length < data.length) own = new Uint8Array(new SharedArrayBuffer(data.length));
    own.set(data);
    return own.subarray(0, data.length);
  }

  return { write: (rows) => thread.writeShared({ ...rows, data: shared(rows.data) }) };
}

/** The same file with its pixels in shared memory: sent as they are, they would be copied twice. */
function shareable(file: LabelFile): LabelFile {
  if (file.kind !== 'preview' || file.preview.overview.data.buffer instanceof SharedArrayBuffer) return file;
  const { data, ...shape } = file.preview.overview;
  return { ...file, preview: { ...file.preview, overview: { ...shape, data: inSharedMemory(data) } } };
}
