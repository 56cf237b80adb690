import { throwIfAborted } from '../../errors.js';
import type { Samples } from '../../types.js';
import { batchesInHand } from './batches.js';
import type { GraphScores, Session } from './session.js';

/** A measurement lasts this long, in ms, and this many batches of each session at least. */
const LEAST_MS = 400;
const LEAST_BATCHES = 4;

/**
 * Measures how many windows a second sessions run together, with as many batches in hand as in a run: while a session
 * runs one, the next one waits in its thread, and others upload and download theirs. The time runs from a finished batch
 * to a finished batch, after every session has finished its first ones.
 *
 * @param batch how many windows a session takes at once
 * @param pixels one batch, which all of them run
 * @throws {SegtileError} the error of a session that fails, once all have ended their batches; `aborted` when the signal
 *   fires
 */
export async function throughput(
  sessions: readonly Session[],
  batch: number,
  pixels: Samples<ArrayBuffer>,
  signal?: AbortSignal,
): Promise<number> {
  const inHand = sessions.flatMap((session) => Array.from({ length: batchesInHand }, () => session));
  const least = sessions.length * LEAST_BATCHES;
  let [warm, counted, began, rate] = [0, 0, 0, 0];
  let failed = false;

  async function repeat(session: Session): Promise<void> {
    let held: Pick<GraphScores, 'input'> & Partial<GraphScores> = { input: pixels.slice() };
    for (let isFirst = true; rate === 0 && !failed; isFirst = false) {
      throwIfAborted(signal);
      held = await session.run(held.input, held.data);
      if (isFirst) warm++;
      if (warm < inHand.length) continue;
      const now = performance.now();
      if (began === 0) began = now;
      else counted++;
      if (counted >= least && now - began >= LEAST_MS && rate === 0) rate = (1000 * counted * batch) / (now - began);
    }
  }

  const ended = await Promise.allSettled(
    inHand.map((session) =>
      repeat(session).catch((error: unknown) => {
        failed = true;
        throw error;
      }),
    ),
  );
  for (const each of ended) if (each.status === 'rejected') throw each.reason;
  return rate;
}
