import { h } from '../dom.js';

/** A bar that says how long a stretch of the slide is. */
export interface ScaleBar {
  readonly element: HTMLElement;
  /**
   * @param scale screen px per level-0 px
   * @param mpp micrometres per level-0 px, where that is known
   */
  show(scale: number | undefined, mpp: number | undefined): void;
}

/** The bar is at most so long, in px of the screen. */
const LONGEST = 160;

/** The longest round length that fits, as 1, 2 or 5 times a power of ten. */
export function roundLength(most: number): number {
  const power = 10 ** Math.floor(Math.log10(most));
  return ([5, 2].find((each) => each * power <= most) ?? 1) * power;
}

/** A length in words. */
export function lengthWords(length: number, unit: 'µm' | 'px'): string {
  if (unit === 'px') return `${Number(length.toPrecision(4)).toLocaleString('en-US')} px`;
  return length >= 1000 ? `${Number((length / 1000).toPrecision(4))} mm` : `${Number(length.toPrecision(4))} µm`;
}

/** Makes a scale bar. */
export function createScaleBar(): ScaleBar {
  const bar = h('div', { class: 'bar' });
  const words = h('span', {});
  const element = h('div', { class: 'scale-bar', 'aria-hidden': true }, bar, words);
  return {
    element,
    show(scale, mpp) {
      element.hidden = scale === undefined;
      if (scale === undefined) return;
      const pixel = mpp ?? 1;
      const length = roundLength((LONGEST / scale) * pixel);
      bar.style.width = `${(length / pixel) * scale}px`;
      words.textContent = lengthWords(length, mpp === undefined ? 'px' : 'µm');
    },
  };
}
