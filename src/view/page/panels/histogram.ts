import type { ObjectBins } from '../../messages.js';
import { h } from '../dom.js';

type Bin = ObjectBins[number];

/** Makes a histogram. The height of a bar is the count of its bin. `choose` is called with the bin that the user clicks. */
export function histogram(
  bins: ObjectBins,
  color: string,
  words: (bin: Bin) => string,
  choose: (bin: Bin) => void,
): HTMLElement {
  const most = Math.max(1, ...bins.map(({ count }) => count));
  const bars = bins.map((bin) => {
    const bar = h('span', { class: 'bar' });
    // A bar has a least height, so that one object among thousands is still visible.
    bar.style.height = bin.count === 0 ? '0' : `${Math.max(4, (100 * bin.count) / most)}%`;
    bar.style.background = color;
    const pressed = (): void => {
      for (const each of bars) each.setAttribute('aria-pressed', String(each === button));
      choose(bin);
    };
    const button = h(
      'button',
      {
        type: 'button',
        title: words(bin),
        'aria-label': words(bin),
        'aria-pressed': 'false',
        disabled: bin.count === 0,
        onclick: pressed,
      },
      bar,
    );
    return button;
  });
  return h('div', { class: 'histogram', role: 'group', 'aria-label': 'number of objects by area' }, ...bars);
}
