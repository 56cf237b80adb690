import { type CommitOptions, openPartialFile, type PartialFile } from '../io/partial-file.js';
import type { Sink } from '../types.js';

/** A text file of layers that are written at the same time. */
export interface LayeredText extends CommitOptions {
  readonly head: string;
  readonly tail: string;
  readonly layers: readonly { readonly label: number; readonly head: string; readonly tail: string }[];
}

/** Bytes that are copied at a time. */
const PIECE = 2 ** 20;

/**
 * Writes a text file in layers, such as XML, whose parts come in any order. Each layer grows in a hidden file of its
 * own until `finish` puts the layers together.
 *
 * @returns a sink that takes texts by label; each is appended to the layer of that label
 * @throws {SegtileError} `output` if a file cannot be written; `aborted` after `abort`
 */
export async function writeLayers(
  path: string,
  { head, tail, layers, replace }: LayeredText,
): Promise<Sink<ReadonlyMap<number, string>>> {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  const open: PartialFile[] = [];
  const discard = async (): Promise<void> => {
    for (const each of open) await each.discard();
  };
  const begin = async (): Promise<PartialFile> => {
    const file = await openPartialFile(path, { replace });
    open.push(file);
    return file;
  };
  try {
    const file = await begin();
    const scratch = new Map<number, PartialFile>();
    for (const { label } of layers) scratch.set(label, await begin());
    return {
      write: async (texts) => {
        for (const [label, text] of texts) await scratch.get(label)!.append(bytes(text));
      },
      finish: async () => {
        try {
          await file.append(bytes(head));
          for (const layer of layers) {
            const own = scratch.get(layer.label)!;
            await file.append(bytes(layer.head));
            for (let at = 0; at < own.end; at += PIECE) await file.append(await own.read(at, Math.min(PIECE, own.end - at)));
            await file.append(bytes(layer.tail));
            await own.discard();
          }
          await file.append(bytes(tail));
          await file.commit();
        } catch (error) {
          await discard();
          throw error;
        }
      },
      abort: discard,
    };
  } catch (error) {
    await discard();
    throw error;
  }
}
