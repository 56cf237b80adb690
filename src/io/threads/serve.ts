import { parentPort, workerData } from 'node:worker_threads';
import type { Sink } from '../../types.js';
import { watchTemporaries } from '../partial-file.js';
import { type FromThread, failureOf, type ToThread } from './messages.js';

/** Files that are made from one stream of messages. */
export interface MadeFiles<Message, Question, Answer, Told> {
  /** What the main thread is told once the files are open. */
  readonly told: Told;
  /** The files, each of which is finished or aborted by itself. */
  readonly files: readonly Pick<Sink<never>, 'finish' | 'abort'>[];
  /** Takes the next message. Returns the memory that came with messages and is no longer needed. */
  write(message: Message): Promise<readonly ArrayBuffer[]>;
  /** Answers a question, after all messages that were sent before it. */
  answer(question: Question): Promise<Answer>;
}

/**
 * The code of a thread that {@link startFiles} starts: opens files with what the main thread gave, and makes them of its
 * messages. Messages are taken one after the other. Files are finished at the same time, after the last message. An
 * abort does not wait for anything.
 *
 * @param open opens the files; if it throws, it has removed them all
 */
export function serveFiles<Start, Message, Question, Answer, Told>(
  open: (start: Start) => Promise<MadeFiles<Message, Question, Answer, Told>>,
): void {
  const port = parentPort!;
  const say = (reply: FromThread, moved: readonly ArrayBuffer[] = []): void => port.postMessage(reply, [...moved]);
  // If the process is ended at once, its main thread removes the files of all threads.
  watchTemporaries((path, there) => say({ kind: 'temporary', path, there }));
  const opening = open(workerData as Start);
  opening.then(
    ({ files, told }) => say({ kind: 'open', files: files.length, told }),
    (thrown) => say({ kind: 'failed', call: 0, failure: failureOf(thrown) }),
  );
  let last: Promise<unknown> = opening;

  async function handle(asked: ToThread): Promise<void> {
    const { call } = asked;
    try {
      const made = await opening;
      if (asked.kind === 'write') {
        // After a failure, each later message and file fails with the same error.
        const writing = last.then(() => made.write(asked.message as Message));
        last = writing;
        const back = await writing;
        return say({ kind: 'done', call, back }, back);
      }
      if (asked.kind === 'abort') await made.files[asked.file]!.abort();
      else {
        await last;
        if (asked.kind === 'ask') return say({ kind: 'done', call, answer: await made.answer(asked.message as Question) });
        await made.files[asked.file]!.finish();
      }
      say({ kind: 'done', call });
    } catch (thrown) {
      say({ kind: 'failed', call, failure: failureOf(thrown) });
    }
  }

  port.on('message', (asked: ToThread) => void handle(asked));
}
