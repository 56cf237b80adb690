import { createRequire } from 'node:module';
import { parentPort } from 'node:worker_threads';
import { ZSTDDecoder } from 'zstddec';
import { jpeg2000Decoder } from './jpeg2000.js';
import type { Answer, Job } from './wasm-pool.js';
import { unpackXz } from './xz.js';

// The decoders here are WebAssembly, which would hold up the thread that calls it.

const zstd = new ZSTDDecoder();
const require = createRequire(import.meta.url);
let jpeg2000: ReturnType<typeof jpeg2000Decoder> | undefined;

async function work(job: Job): Promise<Answer> {
  if (job.kind === 'jpeg2000') {
    jpeg2000 ??= jpeg2000Decoder(require);
    return (await jpeg2000)(job.bytes, job.expect);
  }
  if (job.kind === 'lzma') return unpackXz(job.bytes, job.due);
  await zstd.init();
  // It gives a wrong number of bytes where it fails.
  return Uint8Array.from(zstd.decode(job.bytes, job.due));
}

parentPort?.on('message', async (job: Job) => {
  try {
    const answer = await work(job);
    const data = answer instanceof Uint8Array ? answer : answer.data;
    parentPort?.postMessage({ answer }, [data.buffer as ArrayBuffer]);
  } catch (thrown) {
    parentPort?.postMessage({ failure: thrown instanceof Error ? thrown.message : String(thrown) });
  }
});
