import type { ProgressMessage } from '../../messages.js';
import { ask } from '../api.js';
import { fill, h } from '../dom.js';

/** Milliseconds between two requests for the progress. */
const LOOK = 5000;

/**
 * The panel of running slides in the folders of results, and their progress. It also lists stopped and failed slides;
 * else it is empty.
 *
 * @param moved called when rows have been finished since the last look
 */
export function progressPanel(moved: () => void): HTMLElement {
  const element = h('div', { class: 'stack going-on', 'aria-live': 'polite' });
  let first: number | undefined;
  let begun: readonly string[] | undefined;
  let before = '';
  async function look(): Promise<void> {
    try {
      const { done, running, stopped, failed } = await ask<ProgressMessage>('progress');
      first ??= done;
      begun ??= running.map(({ slide }) => slide);
      const more = done - first;
      const fresh = running.some(({ slide, rows }) => rows !== null && !begun?.includes(slide));
      const now = JSON.stringify([done, running.map(({ slide, rows }) => [slide, rows])]);
      if (before !== '' && now !== before) moved();
      before = now;
      const again = h('button', { type: 'button', onclick: () => location.reload() }, 'show them');
      fill(
        element,
        running.length > 0 && h('h2', {}, 'Running'),
        ...running.map(runningEntry),
        ...stopped.map((slide) => h('p', { class: 'note' }, `${slide}: stopped; the same command goes on with it`)),
        ...failed.map(({ slide, error }) => h('p', { class: 'note' }, `${slide}: ${error}`)),
        fresh && more === 0 && h('p', {}, 'more slides are run: ', again),
        more > 0 && h('p', {}, `${more} more result${more === 1 ? ' is' : 's are'} there: `, again),
      );
    } catch {
      fill(element, h('p', { class: 'note' }, 'segtile view has ended.'));
    }
    setTimeout(look, LOOK);
  }
  void look();
  return element;
}

function runningEntry({ slide, host, rows, left }: ProgressMessage['running'][number]): HTMLElement {
  const share = rows === null ? 0 : rows.done / Math.max(1, rows.total);
  const told = [`${Math.round(100 * share)} %`, left === null ? '' : `${leftWords(left)} left`, host ?? ''].filter(Boolean);
  return h(
    'div',
    {},
    h('div', { class: 'name' }, slide),
    h('progress', { value: share, max: 1, 'aria-label': `progress of ${slide}` }),
    h('div', { class: 'quiet' }, told.join(', ')),
  );
}

function leftWords(seconds: number): string {
  if (seconds < 90) return `${seconds} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}
