import { rm } from 'node:fs/promises';
import { throwIfAborted } from '../../errors.js';
import { type CommitOptions, refuseExisting } from '../../io/partial-file.js';
import type { Sink } from '../../types.js';
import type { StageClock } from './stage-clock.js';
import { writeRecord } from './write-record.js';

/** Registers a sink: it is finished when everything is written, and aborted if anything fails. */
export type Keep = <Rows>(path: string, sink: Sink<Rows>) => Sink<Rows>;

/**
 * Makes several files and their record, all or none. If a record exists, the files beside it are whole and belong to
 * it: an old record is removed first, and the new one is written last. If nothing may be replaced, a record that has
 * appeared meanwhile is an error, and the first registered file is finished before the others. If two processes make
 * the same files, the one that finishes its first file makes all of them.
 *
 * @param work opens the sinks, passes each to `keep`, and writes to them; returns a function that makes the record once
 *   the files exist
 * @param last makes the files that need the record, and returns the record to write
 * @returns the record, as it was written
 * @throws any error of the work or a sink, after all of the files are removed; `aborted` when the signal fires
 */
export async function filesAndRecord<Made extends object>(
  { record: recordPath, replace = true }: { readonly record: string } & CommitOptions,
  work: (keep: Keep) => Promise<() => Made>,
  clock: StageClock,
  signal: AbortSignal,
  last: (made: Made) => Promise<Made> = async (made) => made,
): Promise<Made> {
  const kept: { readonly path: string; readonly sink: OpenSink }[] = [];
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
    // The others are finished in parallel: a pyramid is compressed in other threads while this thread paints a preview.
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

type OpenSink = Pick<Sink<never>, 'finish' | 'abort'>;

/**
 * Finishes a sink, and aborts it when the signal fires. Finishing a mask builds its pyramid, which takes so long that
 * the user may want to stop it.
 */
async function finishUnlessStopped(sink: OpenSink, signal: AbortSignal): Promise<void> {
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
