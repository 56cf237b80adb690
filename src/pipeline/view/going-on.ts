import type { ProgressMessage } from '../../view/messages.js';
import { lookAt, type RowsThen } from '../progress/look.js';

/**
 * Makes a function that finds out what is going on in some folders of results. It remembers earlier progress, to
 * compute the speed.
 */
export function goingOn(folders: readonly string[]): () => Promise<ProgressMessage> {
  const before: RowsThen = new Map();
  return async () => {
    const looks = await Promise.all(folders.map((folder) => lookAt(folder, before)));
    return {
      done: looks.reduce((sum, { done }) => sum + done, 0),
      running: looks.flatMap(({ running }) => running.map(({ slide, host, rows, left }) => ({ slide, host, rows, left }))),
      stopped: looks.flatMap(({ stopped }) => stopped),
      failed: looks.flatMap(({ failed }) => failed),
    };
  };
}
