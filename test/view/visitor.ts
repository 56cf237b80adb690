import { setTimeout } from 'node:timers/promises';
import { expect } from 'vitest';
import { folder, readMask } from '../cli/door.js';
import { classes, type Fixture, size, thresholded } from './fixture.js';

/** A page in any browser. */
export interface Visited {
  /** The value of an expression in the page. */
  evaluate(expression: string): Promise<unknown>;
}

/** Waits until something is so in the page. */
export async function until(page: Visited, expression: string): Promise<void> {
  while (!(await page.evaluate(expression))) await setTimeout(50);
}

/** Waits until everything in view has been drawn. */
export function drawn(page: Visited): Promise<void> {
  return until(page, 'globalThis.segtileDrawn === true');
}

/** Labels that a canvas over the slide shows, and where it lies on level 0, at one pixel of the screen each. */
export interface ShownLabels {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** The labels by their colours; 9 for any other colour. */
  readonly labels: Buffer;
}

/** What a canvas over the slide shows; see {@link atFullSize}. */
export async function shownLabels(page: Visited, nth = 0): Promise<ShownLabels> {
  const { width, height, text } = (await page.evaluate(`(() => {
    const canvas = document.querySelectorAll('canvas.overlay')[${nth}];
    const { width, height } = canvas;
    const copy = new OffscreenCanvas(width, height).getContext('2d');
    copy.drawImage(canvas, 0, 0);
    const pixels = new Uint32Array(copy.getImageData(0, 0, width, height).data.buffer);
    const labels = new Map([[0, 0], ${classes.map(({ label, color: [r, g, b] }) => `[${((255 << 24) | (b << 16) | (g << 8) | r) >>> 0}, ${label}]`).join()}]);
    let text = '';
    for (const pixel of pixels) text += labels.get(pixel) ?? 9;
    return { width, height, text };
  })()`)) as { width: number; height: number; text: string };
  const [, x, y] = /at=([\d.]+),([\d.]+),1,0/.exec(String(await page.evaluate('location.hash')))!.map(Number);
  const labels = Buffer.from(text, 'latin1').map((digit) => digit - 48) as Buffer;
  return { left: x! - width / 2, top: y! - height / 2, width, height, labels };
}

/** Goes to the middle of the slide, so that each of its pixels is one of the screen. */
export async function atFullSize(page: Visited, hash: string): Promise<void> {
  await page.evaluate(`(() => {
    const { width, height } = document.querySelector('canvas.overlay');
    location.hash = '#at=' + (800 + (width % 2) / 2) + ',' + (600 + (height % 2) / 2) + ',1,0&' + ${JSON.stringify(hash)};
  })()`);
  await setTimeout(300);
  await drawn(page);
}

/** How many pixels of a mask the page shows wrongly, at full size. */
export async function differences(page: Visited, path: string): Promise<number> {
  const mask = await readMask(path);
  const { left, top, width, height, labels } = await shownLabels(page);
  expect([left, top].every(Number.isInteger)).toBe(true);
  let wrong = 0;
  for (let y = Math.max(0, -top); y < height && top + y < size.height; y++) {
    for (let x = Math.max(0, -left); x < width && left + x < size.width; x++) {
      if (labels[y * width + x] !== mask.data[(top + y) * size.width + left + x]) wrong++;
    }
  }
  return wrong;
}

/**
 * Expects that the page shows the mask as it is, and with a moved threshold what segtile threshold writes.
 *
 * @param move moves the threshold of the disc to 0.3
 */
export async function expectLiveThreshold(
  page: Visited,
  { mask, probabilities }: Fixture,
  move: () => Promise<void>,
): Promise<void> {
  await atFullSize(page, 'show=mask&opacity=mask:1');
  expect(await differences(page, mask)).toBe(0);
  await move();
  await until(page, "location.hash.includes('threshold=1:0.3')");
  await drawn(page);
  expect(await differences(page, await thresholded(probabilities, new Map([['disc', 0.3]]), folder()))).toBe(0);
}

/**
 * Expects that a second view shows the same place of the slide as the first, when it opens as late as on a busy machine.
 *
 * @param open has the page show two views
 */
export async function expectTwoViews(page: Visited, open: () => Promise<void>): Promise<void> {
  await page.evaluate(`void (() => {
    globalThis.usual = setTimeout;
    globalThis.setTimeout = (act, wait = 0, ...given) => usual(act, wait + 300, ...given);
  })()`);
  await open();
  await until(page, "document.querySelector('.panes.two') !== null");
  await drawn(page);
  const pictures = "[...document.querySelectorAll('.stage')].map((each) => each.querySelector('canvas').toDataURL())";
  await until(page, `new Set(${pictures}).size === 1`);
  await page.evaluate('void (globalThis.setTimeout = usual)');
}
