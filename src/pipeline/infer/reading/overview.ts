import { throwIfAborted } from '../../../errors.js';
import { errorOf } from '../../../io/threads/messages.js';
import type { Slide } from '../../../slide/slide.js';
import { readOverview } from '../../../slide/view/overview.js';
import type { Pixels } from '../../../types.js';
import type { InputRecipe, ReadReply } from './messages.js';
import { isReadInThread, readers } from './reader.js';

/**
 * Reads the whole slide as one small RGB image, as {@link readOverview} does: in the thread that then cuts the windows, where
 * there is one, as the code that reads and checks is ready there then.
 *
 * @param recipe how the slide was opened
 * @param maxSide the long side of the image, in px
 * @throws {SegtileError} the errors of reading the slide
 */
export async function overviewOf(slide: Slide, recipe: InputRecipe, maxSide: number, signal: AbortSignal): Promise<Pixels> {
  if (!isReadInThread(recipe)) return readOverview(slide, maxSide, signal);
  throwIfAborted(signal);
  let stop = (): void => {};
  try {
    return await new Promise<Pixels>((resolve, reject) => {
      let found: Pixels | undefined;
      let fault: unknown;
      const hear = (reply: ReadReply): void => {
        if (typeof reply !== 'object') {
          if (reply !== 'ended') return;
          thread.giveBack();
          if (found) resolve(found);
          else reject(fault);
          return;
        }
        if ('overview' in reply) found = reply.overview;
        else if ('fault' in reply) fault = errorOf(reply.fault);
      };
      const thread = readers.take(hear, reject);
      stop = () => thread.postMessage('end');
      signal.addEventListener('abort', stop);
      thread.postMessage({ overview: { recipe, maxSide } });
    });
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
