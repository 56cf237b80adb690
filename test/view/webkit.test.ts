import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunningServer } from '../../dist/view/server.js';
import { type Fixture, showFixture } from './fixture.js';
import { atFullSize, drawn, expectLiveThreshold, expectTwoViews, until } from './visitor.js';
import {
  hasWebkit,
  LEFT,
  type PagePoint,
  type Relay,
  startRelay,
  startWebkit,
  type WebkitWindow,
  webkitNote,
} from './webkit.js';

let fixture: Fixture;
let server: RunningServer;
let relay: Relay;
let page: WebkitWindow;

/** The middle of what an expression finds in the page. */
async function middleOf(expression: string): Promise<PagePoint> {
  return (await page.evaluate(`(() => {
    const { left, top, width, height } = (${expression}).getBoundingClientRect();
    return [left + width / 2, top + height / 2];
  })()`)) as PagePoint;
}
const find = (selector: string): string => `document.querySelector(${JSON.stringify(selector)})`;
const seen = (words: string): Promise<void> => until(page, `document.body.innerText.includes(${JSON.stringify(words)})`);

// What a person does most, in the engine of Safari. The tests of the page look closer.
describe.skipIf(!hasWebkit)(`the page of segtile view in WebKitGTK${webkitNote}`, () => {
  beforeAll(async () => {
    ({ fixture, server } = await showFixture());
    relay = await startRelay(server.url);
    page = await startWebkit(1280, 900);
    await page.open(relay.url);
    await drawn(page);
  });
  afterAll(async () => {
    await page?.close();
    relay?.close();
    await server?.close();
  });

  test('draws the slide, fits into its window, and hides the token', async () => {
    expect(await page.evaluate('document.title')).toBe('a.tif – segtile');
    expect(await page.evaluate('location.search')).toBe('');
    // No panel is wider than its place.
    expect(await page.evaluate(`${find('.right')}.scrollWidth - ${find('.right')}.clientWidth`)).toBe(0);
    // The colour in the middle of the disc, without its mask.
    const [red, green, blue, opacity] = (await page.evaluate(`(() => {
      const canvas = document.querySelector('.stage canvas');
      return [...canvas.getContext('2d').getImageData(canvas.width / 2, canvas.height / 2, 1, 1).data];
    })()`)) as [number, number, number, number];
    expect(opacity).toBe(255);
    expect(Math.min(red, blue)).toBeGreaterThan(green + 40);
  });

  test('shows the mask as it is, and with a moved threshold what segtile threshold writes', async () => {
    await expectLiveThreshold(page, fixture, async () => {
      await page.evaluate(`${find('[aria-label="threshold of disc"]')}.focus()`);
      await page.press(...Array(20).fill(LEFT));
    });
    await page.drag(await middleOf(find('.moved button')));
    await until(page, "!location.hash.includes('threshold')");
  });

  test('obeys keys, wheel and pointer, and tells what is clicked', async () => {
    await atFullSize(page, 'show=mask,outlines');
    const [x, y] = await middleOf(find('.stage'));
    await page.drag([x, y]);
    await seen('Circularity');
    await page.press(' ');
    await until(page, "location.hash.includes('show=outlines')");
    await page.press('r');
    await until(page, '/at=[\\d.,]+,90&/.test(location.hash)');
    const before = JSON.stringify(await page.evaluate('location.hash'));
    await page.wheel([x, y], -300);
    await until(page, `location.hash !== ${before}`);
    await page.drag([x, y], [x - 50, y + 20], [x - 150, y + 60]);
    await page.press('e');
    await until(page, '/error 1 of \\d+/.test(document.body.innerText)');
  });

  test('compares two results in views of the same place, and saves a picture', async () => {
    await page.press('0');
    await drawn(page);
    await expectTwoViews(page, () => page.press('v'));
    // The picture that the page hands over to be saved, which would make room for a list of downloads.
    await page.evaluate(`void (globalThis.saved = new Promise((resolve) => {
      HTMLAnchorElement.prototype.click = () => {};
      const make = URL.createObjectURL;
      URL.createObjectURL = (blob) => {
        resolve(blob.arrayBuffer().then((bytes) => Array.from(new Uint8Array(bytes))));
        return make.call(URL, blob);
      };
    }))`);
    await page.press('s');
    const saved = Buffer.from((await page.evaluate('saved')) as number[]);
    const height = await page.evaluate(`${find('.panes canvas.overlay')}.height`);
    expect((await sharp(saved).metadata()).height).toBe(height);
    await page.press('v');
    await until(page, `${find('.panes:not(.two)')} !== null`);
  });

  test('keeps what is drawn with the brush', async () => {
    await atFullSize(page, 'show=mask');
    const [x, y] = await middleOf(find('.stage'));
    await page.press('b');
    await page.drag([x - 100, y + 100], [x, y + 100], [x + 100, y + 100]);
    const path = fixture.slide.replace(/tif$/, 'corrections.geojson');
    await seen(`saved: ${path}`);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ features: [{ geometry: { type: 'Polygon' } }] });
  });

  test('complains of nothing', async () => expect(await page.evaluate('complaints')).toEqual([]));
});
