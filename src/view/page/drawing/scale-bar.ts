import { h } from '../dom.js';

/** A scale bar: a line with its length on the slide. */
export interface ScaleBar {
  readonly element: HTMLElement;
  /**
   * Shows the bar for a view of the slide.
   *
   * @param scale screen px per level-0 px; undefined hides the bar
   * @param mpp micrometres per level-0 px, if known; else the length is in level-0 px
   */
  show(scale: number | undefined, mpp: number | undefined): void;
}

/** The greatest length of the bar, in screen px. */
const LONGEST = 160;

/** The greatest round length of at most `most`: 1, 2 or 5 times a power of ten. */
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
