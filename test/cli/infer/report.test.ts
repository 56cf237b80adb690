import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { browserNote, expectSound, hasBrowser, openPage, startBrowser } from '../../report/browser.js';
import { disc, folder, segtile, segtileWell, writeSlide } from '../door.js';

const cwd = folder();
const report = join(cwd, 'out', 'slide.report.html');

beforeAll(async () => {
  await writeSlide(join(cwd, 'slide.tif'), 700, 500, disc(300, 250, 180), { mpp: 0.5 });
  await segtileWell(['infer', 'slide.tif', '-o', 'out', '-m', 'hematoxylin', '--window', '128', '--report', '--quiet'], {
    cwd,
  });
});

test('a report is one file that says what was run', () => {
  const html = readFileSync(report, 'utf8');
  const record = JSON.parse(readFileSync(join(cwd, 'out', 'slide.run.json'), 'utf8'));
  expect(html).toContain(`run ${record.id}`);
  expect(html).toContain(`${record.windows.run} of ${record.windows.planned} windows were run`);
  expect(html).toContain(`Busy: reading ${Number((100 * record.limits.shares.reading).toPrecision(3))} %, network`);
  expect(html).not.toMatch(/(src|href)="(?!data:|#)/);
});

test('a report that is there already is kept', async () => {
  const again = await segtile(
    ['infer', 'slide.tif', '-o', 'out', '-m', 'hematoxylin', '--window', '128', '--report', '--quiet'],
    { cwd },
  );
  expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('kept') });
  const names = ['slide.mask.ome.tif', 'slide.report.html'];
  for (const name of names) expect(existsSync(join(cwd, 'out', name))).toBe(true);
});

describe.skipIf(!hasBrowser)(`a report in a browser${browserNote}`, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser?.close());

  test.each(['light', 'dark'] as const)('is sound in %s', async (scheme) => {
    await expectSound(await openPage(browser, report, scheme));
  });

  test('zooms its pictures with the keyboard and with buttons', async () => {
    const { page } = await openPage(browser, report);
    const group = page.locator('.group').first();
    const zoom = (): Promise<string> => group.evaluate((element) => element.style.getPropertyValue('--z') || '1');
    await group.focus();
    await page.keyboard.press('+');
    expect(Number(await zoom())).toBeCloseTo(1.5);
    await group.getByRole('button', { name: 'Zoom in' }).click();
    expect(Number(await zoom())).toBeCloseTo(2.25);
    await page.keyboard.press('0');
    await group.getByRole('button', { name: 'Whole' }).click();
    expect(Number(await zoom())).toBe(1);
  });
});
