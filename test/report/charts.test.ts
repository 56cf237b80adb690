import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { classChart, curveChart, portionChart, type QualityPoint, qualityChart } from '../../dist/report/charts.js';
import { type Chart, reportPage } from '../../dist/report/page.js';
import { browserNote, hasBrowser, openPage, startBrowser } from './browser.js';

const long =
  'tile 1024/512, margin 128, gaussian, tta flips, tissue otsu, threshold 0.35, and_a_word_that_has_no_place_to_break_it';
const names = ['shrunk to 512 px', 'windows of 512 (default)', long, ...Array.from({ length: 12 }, (_, i) => `stride ${i}`)];
const points = (quality: (i: number) => number, seconds: (i: number) => number): QualityPoint[] =>
  names.map((name, i) => ({ name, quality: quality(i), seconds: seconds(i), front: true }));
const curve = (f: (x: number) => number) => Array.from({ length: 256 }, (_, i) => ({ x: i / 255, y: f(i / 255) }));

/** Charts with labels that would lie over each other where nobody looked after them. */
const charts: Record<string, Chart> = {
  'a front whose points are all but one': qualityChart(
    points(
      (i) => 0.974 + i / 1e6,
      (i) => 6 + i / 100,
    ),
    'mean Dice',
  ),
  'a front from bad to good': qualityChart(
    points(
      (i) => i / 14,
      (i) => 2 ** i,
    ),
    'mean Dice',
  ),
  'a single point': qualityChart(
    points(
      () => 0.9,
      () => 1.5,
    ).slice(0, 1),
    'mean Dice',
  ),
  classes: classChart(
    names.flatMap((name, i) => ['tubule', long].map((className, k) => ({ name, className, value: (i + k) / 20 }))),
    'Dice',
  ),
  stages: portionChart(
    names.flatMap((name, i) => ['plan', 'infer', 'write'].map((part) => ({ name, part, value: 10 ** i }))),
    'Seconds by stage',
    's',
  ),
  curves: curveChart(
    [0, 0.49, 0.5, 1].map((x) => ({
      name: `class ${x}`,
      points: curve((at) => 1 - Math.abs(at - x)),
      mark: { x, y: 1, text: `best at ${x}` },
    })),
    { title: 'Dice at every threshold', x: 'threshold', y: 'Dice', diagonal: true },
  ),
};

describe.skipIf(!hasBrowser)(`charts in a browser${browserNote}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'segtile-charts-'));
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test.each(Object.keys(charts))('%s: no text lies over another, on an axis or outside', async (name) => {
    const path = join(folder, 'chart.html');
    const section = { kind: 'charts', title: 'Charts', charts: [charts[name]!] } as const;
    writeFileSync(path, reportPage({ title: 't', subtitle: 's', lead: 'l', sections: [section], facts: [] }));
    const { page } = await openPage(browser, path);
    const boxes = (selector: string) =>
      page.locator(selector).evaluateAll((elements) =>
        elements.flatMap((element) => {
          const { left, right, top, bottom } = element.getBoundingClientRect();
          const text = element.textContent ?? '';
          return text === '' ? [] : [{ text, left, right, top, bottom }];
        }),
      );
    const texts = [...(await boxes('.chart svg text')), ...(await boxes('.chart .key-swatch'))];
    const frame = (await boxes('.chart'))[0]!;
    expect(texts.length).toBeGreaterThan(5);
    for (const [i, one] of texts.entries()) {
      if (one.left < frame.left - 1 || one.right > frame.right + 1) throw new Error(`"${one.text}" reaches outside`);
      for (const other of texts.slice(i + 1)) {
        const across = Math.min(one.right, other.right) - Math.max(one.left, other.left);
        const down = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
        // Boxes of letters have a little air.
        if (across > 1 && down > 1) throw new Error(`"${one.text}" lies over "${other.text}"`);
      }
    }
    await page.context().close();
  });
});

test('what the front is stands below the chart', () => {
  const { note } = charts['a front from bad to good']!;
  expect(note).toContain('which no other variant beats in both');
});
