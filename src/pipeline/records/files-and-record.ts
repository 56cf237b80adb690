import { rm } from 'node:fs/promises';
import { throwIfAborted } from '../../errors.js';
import { type CommitOptions, refuseExisting } from '../../io/partial-file.js';
import type { Sink } from '../../types.js';
import type { StageClock } from './stage-clock.js';
import { writeRecord } from './write-record.js';

/** Takes charge of a sink: it is finished when all is written, and aborted when anything fails. */
export type Keep = <Rows>(path: string, sink: Sink<Rows>) => Sink<Rows>;

/**
 * Makes several files and the record that belongs to them, all or none. Where a record stands, the files beside it are whole and belong to it:
 * an old one goes first, the new one comes last. Where nothing is to be replaced, a record that is there by then is
 * an error, and the file that was kept first is finished before the others: of two processes that make the same files, the one that has it has all.
 *
 * @param work opens the sinks, hands each to `keep`, and writes to them; gives back what makes the record once the files stand
 * @param last makes what is made of the record, and gives it back as it is to be written
 * @returns the record, as it was written
 * @throws whatever the work or a sink throws, once none of the files stands there; `aborted` when the signal fires
 */
export async function filesAndRecord<Made extends object>(
  { record: recordPath, replace = true }: { readonly record: string } & CommitOptions,
  work: (keep: Keep) => Promise<() => Made>,
  clock: StageClock,
  signal: AbortSignal,
  last: (made: Made) => Promise<Made> = async (made) => made,
): Promise<Made> {
  const kept: { readonly path: string; readonly sink: Ending }[] = [];
  const appeared: string[] = [];
  const finishing: Promise<void>[] = [];
  try {
    const record = await work((path, sink) => {
      kept.push({ path, sink });
      return sink;
    });
    if (replace) await rm(recordPath, { force: true });
    else await refuseExisting([recordPath]);
    const finish = async ({ path, sink }: (typeof kept)[number]): Promise<void> => {
      await finishUnlessStopped(sink, signal);
      appeared.push(path);
    };
    // The others side by side: a pyramid is compressed in other threads while this one paints a preview.
    for (const together of [kept.slice(0, 1), kept.slice(1)]) {
      finishing.push(...together.map(finish));
      await clock.wait('finish', Promise.all(finishing));
    }
    const made = await last(record());
    await writeRecord(recordPath, made, { replace });
    return made;
  } catch (error) {
    for (const { sink } of kept) await sink.abort();
    await Promise.allSettled(finishing);
    for (const path of appeared) await rm(path, { force: true });
    throw error;
  }
}

type Ending = Pick<Sink<never>, 'finish' | 'abort'>;

/** Finishing a mask builds its pyramid, which takes long enough for the user to want it stopped. */
async function finishUnlessStopped(sink: Ending, signal: AbortSignal): Promise<void> {
  throwIfAborted(signal);
  const stop = (): void => void sink.abort();
  signal.addEventListener('abort', stop, { once: true });
  try {
    await sink.finish();
  } catch (error) {
    throwIfAborted(signal);
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
