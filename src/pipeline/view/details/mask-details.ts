import { setTimeout as delay } from 'node:timers/promises';
import type { ObjectSummary } from '../../../view/messages.js';
import type { AskedFor } from '../../../view/server.js';
import type { Shown, Station } from '../station.js';
import { errorsOf } from './error-list.js';
import { objectAt } from './object-at.js';
import { indexObjects, type ObjectIndex } from './object-index.js';

/** Facts about a mask besides its pixels. */
export interface MaskDetails {
  /**
   * Answers a question about a mask: `objects`, how many there are and how large; `list`, the objects of a class and a
   * range of areas; `at`, the object at a pixel; `errors`, where the mask differs from the truth. Undefined for any
   * other question.
   */
  answer(station: Station, key: string, what: string, query: AskedFor['query'], signal: AbortSignal): Promise<unknown>;
}

/** The most objects in a list. */
const MOST_LISTED = 200;

/** Milliseconds after which counting looks again whether tiles are being made, and after which it goes on anyway. */
const WAIT = 10;
const MOST_WAITED = 100;

/**
 * Answers questions about masks. Objects are counted in the background when they are first asked for, and once as long
 * as the mask does not change.
 *
 * @param isBusy whether tiles are being made, which is more urgent
 */
export function createMaskDetails(isBusy: () => boolean): MaskDetails {
  const indexes = new WeakMap<Shown, { index: ObjectIndex | undefined; share: number; readonly done: Promise<ObjectIndex> }>();

  const errors = new WeakMap<Shown, ReturnType<typeof errorsOf>>();

  /** Lets tiles be made first, but not for ever: somebody waits for the count, too. */
  async function otherwise(): Promise<void> {
    await new Promise(setImmediate);
    for (let waited = 0; isBusy() && waited < MOST_WAITED; waited += WAIT) await delay(WAIT);
  }

  function counting(shown: Shown) {
    const found = indexes.get(shown);
    if (found) return found;
    const begun = { index: undefined as ObjectIndex | undefined, share: 0, done: undefined as unknown as Promise<ObjectIndex> };
    const onRows = (rows: number): void => {
      begun.share = rows / shown.reader.height;
    };
    begun.done = indexObjects(shown.reader, shown.classes ?? [], onRows, otherwise, new AbortController().signal).then(
      (index) => {
        begun.index = index;
        return index;
      },
    );
    begun.done.catch(() => indexes.delete(shown));
    indexes.set(shown, begun);
    return begun;
  }

  return {
    async answer({ images, card }, key, what, query, signal) {
      const shown = images.get(key);
      if (shown?.classes === undefined) return undefined;
      const number = (name: string): number => Number(query.get(name) ?? Number.NaN);
      if (what === 'objects') {
        const { index, share } = counting(shown);
        return (index ? { state: 'counted', classes: index.classes } : { state: 'counting', share }) satisfies ObjectSummary;
      }
      if (what === 'list')
        return (await counting(shown).done).list(number('label'), number('least'), number('most'), MOST_LISTED);
      const { reader, classes } = shown;
      if (what === 'at') {
        const scale = { x: card.width / reader.spans.width, y: card.height / reader.spans.height };
        return objectAt(reader, number('x'), number('y'), { classes, scale, mpp: card.mpp ?? undefined }, signal);
      }
      if (what !== 'errors' || card.truth === null) return undefined;
      const found = errors.get(shown) ?? errorsOf(reader, images.get(card.truth.id.split('.')[1]!)!.reader);
      errors.set(shown, found);
      found.catch(() => errors.delete(shown));
      return found;
    },
  };
}
