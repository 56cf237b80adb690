import { createRequire } from 'node:module';
import { parentPort } from 'node:worker_threads';
import { ZSTDDecoder } from 'zstddec';
import { reason, SegtileError } from '../errors.js';
import { jpeg2000Decoder } from './jpeg2000.js';
import { isOutOfWasmMemory, requireWasmMemory } from './wasm-memory.js';
import type { Answer, Job } from './wasm-pool.js';
import { unpackXz } from './xz.js';

// The decoders here are WebAssembly, which would hold up the thread that calls it.

const zstd = new ZSTDDecoder();
const require = createRequire(import.meta.url);
let jpeg2000: ReturnType<typeof jpeg2000Decoder> | undefined;

/** The kinds of blocks whose decoder has got memory. */
const started = new Set<Job['kind']>();

async function work(job: Job): Promise<Answer> {
  // The decoder of ZSTD is fetched, by something that is WebAssembly, too.
  if (!started.has(job.kind)) requireWasmMemory('the decoder', job.kind === 'zstd' ? 2 : 1);
  started.add(job.kind);
  if (job.kind === 'jpeg2000') {
    jpeg2000 ??= jpeg2000Decoder(require);
    try {
      return (await jpeg2000)(job.bytes, job.expect);
    } catch (thrown) {
      // It does not clear up after a failure: after some of them it fails with every block.
      jpeg2000 = undefined;
      throw thrown;
    }
  }
  if (job.kind === 'lzma') return unpackXz(job.bytes, job.due);
  await zstd.init();
  const length = contentBytes(job.bytes) ?? job.due;
  if (length > 2 * job.due + 64) throw new Error(`it gives more than twice the ${job.due} bytes that are due`);
  // It gives a wrong number of bytes where it fails.
  return Uint8Array.from(zstd.decode(job.bytes, Math.max(job.due, length)));
}

/** What the header of a ZSTD frame says of the bytes in it (RFC 8878, section 3.1.1.1); undefined where it says nothing. */
function contentBytes(frame: Uint8Array): number | undefined {
  const head = new Uint8Array(18);
  head.set(frame.subarray(0, head.length));
  const view = new DataView(head.buffer);
  const descriptor = view.getUint8(4);
  const single = (descriptor & 32) !== 0;
  const at = 5 + (single ? 0 : 1) + [0, 1, 2, 4][descriptor & 3]!;
  const kind = descriptor >> 6;
  if (kind === 0) return single ? view.getUint8(at) : undefined;
  if (kind === 1) return view.getUint16(at, true) + 256;
  return kind === 2 ? view.getUint32(at, true) : Number(view.getBigUint64(at, true));
}

parentPort?.on('message', async (job: Job) => {
  try {
    const answer = await work(job);
    const data = answer instanceof Uint8Array ? answer : answer.data;
    parentPort?.postMessage({ answer }, [data.buffer as ArrayBuffer]);
  } catch (thrown) {
    const noMemory = isOutOfWasmMemory(thrown);
    // What is missing is said again where the name of the decoder is known.
    const why = noMemory && thrown instanceof SegtileError ? thrown.cause : thrown;
    parentPort?.postMessage({ failure: reason(why), noMemory });
  }
});
