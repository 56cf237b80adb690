import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunningServer } from '../../dist/view/server.js';
import { firefoxNote, hasFirefox, startFirefox } from '../report/browser.js';
import { type Fixture, showFixture } from './fixture.js';
import { atFullSize, drawn, expectLiveThreshold, expectTwoViews } from './visitor.js';

let fixture: Fixture;
let server: RunningServer;
let browser: Browser;
let page: Page;
const complaints: string[] = [];

// What a person does most, in a browser that is no Chromium. The tests of the page look closer.
describe.skipIf(!hasFirefox)(`the page of segtile view in Firefox${firefoxNote}`, () => {
  beforeAll(async () => {
    ({ fixture, server } = await showFixture());
    browser = await startFirefox();
    page = await (await browser.newContext({ viewport: { width: 1280, height: 900 } })).newPage();
    page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(server.url);
    await drawn(page);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  test('shows the mask as it is, and with a moved threshold what segtile threshold writes', async () => {
    await expectLiveThreshold(page, fixture, () => page.getByRole('slider', { name: 'threshold of disc' }).fill('0.3'));
    await page.getByRole('button', { name: 'back to the mask' }).click();
  });

  test('obeys keys, wheel and pointer, and tells what is clicked', async () => {
    await atFullSize(page, 'show=mask,outlines');
    const box = (await page.locator('.stage').first().boundingBox())!;
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    await page.mouse.click(x, y);
    await page.getByText('Circularity').waitFor();
    await page.keyboard.press('Space');
    await page.waitForURL(/show=outlines/);
    await page.keyboard.press('r');
    await page.waitForURL(/at=[\d.,]+,90&/);
    const before = page.url();
    await page.mouse.move(x, y);
    await page.mouse.wheel(0, -300);
    await expect.poll(() => page.url()).not.toBe(before);
    await page.mouse.down();
    await page.mouse.move(x - 150, y + 60, { steps: 5 });
    await page.mouse.up();
    await page.keyboard.press('e');
    await page.getByText(/error 1 of \d+/).waitFor();
  });

  test('compares two results, and saves a picture', async () => {
    await page.getByRole('combobox', { name: 'beside' }).selectOption({ index: 1 });
    await expectTwoViews(page, () => page.keyboard.press('v'));
    await page.getByRole('checkbox', { name: 'differences' }).check();
    await drawn(page);
    // Playwright sees no downloads of Firefox: this is the picture that the page hands over to be saved.
    await page.evaluate(`void (globalThis.saved = new Promise((resolve) => {
      const make = URL.createObjectURL;
      URL.createObjectURL = (blob) => {
        resolve(blob.arrayBuffer().then((bytes) => Array.from(new Uint8Array(bytes))));
        return make.call(URL, blob);
      };
    }))`);
    await page.keyboard.press('s');
    const saved = Buffer.from((await page.evaluate('saved')) as number[]);
    const whole = (await page.locator('.panes').boundingBox())!;
    expect((await sharp(saved).metadata()).height).toBe(Math.round(whole.height));
    await page.keyboard.press('v');
    await page.locator('.panes:not(.two)').waitFor();
  });

  test('keeps what is drawn with the brush', async () => {
    await atFullSize(page, 'show=mask');
    const box = (await page.locator('.stage').first().boundingBox())!;
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    await page.keyboard.press('b');
    await page.mouse.move(x - 100, y + 100);
    await page.mouse.down();
    await page.mouse.move(x + 100, y + 100, { steps: 5 });
    await page.mouse.up();
    const path = fixture.slide.replace(/tif$/, 'corrections.geojson');
    await page.getByText(`saved: ${path}`).waitFor();
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ features: [{ geometry: { type: 'Polygon' } }] });
    const pictures = process.env.SEGTILE_SCREENSHOTS;
    // Playwright would hide the caret by a style that the page forbids.
    if (pictures) await page.screenshot({ path: join(pictures, 'firefox.png'), caret: 'initial' });
  });

  test('complains of nothing', () => expect(complaints).toEqual([]));
});
