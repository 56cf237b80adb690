import { parentPort } from 'node:worker_threads';
import { reason, SegtileError } from '../../../errors.js';
import { isOutOfWasmMemory, requireWasmMemory } from '../../../io/machine/wasm-memory.js';
import type { Answer, Job } from './in-thread.js';

// The code of a thread that `in-thread.ts` starts.

type Decode = (block: Uint8Array, due: unknown) => Promise<Answer>;

/** The decoders that have been given memory, by their modules. */
const started = new Map<string, Decode>();

async function start({ module, export: exported, memories }: Job['decoder']): Promise<Decode> {
  const found = started.get(module);
  if (found !== undefined) return found;
  requireWasmMemory('the decoder', memories);
  const decode = ((await import(module)) as Readonly<Record<string, Decode>>)[exported]!;
  started.set(module, decode);
  return decode;
}

parentPort?.on('message', async ({ decoder, block, due }: Job) => {
  try {
    const decode = await start(decoder);
    const answer = await decode(block, due);
    const data = answer instanceof Uint8Array ? answer : answer.data;
    parentPort?.postMessage({ answer }, [data.buffer as ArrayBuffer]);
  } catch (thrown) {
    const noMemory = isOutOfWasmMemory(thrown);
    // `in-thread.ts` says again what is missing, with the name of the decoder. So only the cause is sent.
    const why = noMemory && thrown instanceof SegtileError ? thrown.cause : thrown;
    parentPort?.postMessage({ failure: reason(why), noMemory });
  }
});
