import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exportView, startView, type ViewedPaths } from '../../dist/pipeline/view/start-view.js';
import type { RunningServer } from '../../dist/view/server.js';
import { folder, readMask, segtileWell } from '../cli/door.js';
import { browserNote, hasBrowser, startBrowser } from '../report/browser.js';
import { type Fixture, makeFixture, size, thresholded } from './fixture.js';
import { atFullSize, differences, drawn, expectLiveThreshold, expectTwoViews, shownLabels } from './visitor.js';

/** Where pictures of the page are kept, for who wants to look at them. */
const pictures = process.env.SEGTILE_SCREENSHOTS;

const ran = { kind: 'run', command: 'infer', slide: 'a.tif', result: 'a.mask.ome.tif', measured: { seconds: 12.5 } };
const settings = { 'model.name': 'kidney', window: '512x512', stride: '256x256' };
const scored = { kind: 'scores', time: '2026-01-02T00:00:00Z', command: 'evaluate', result: 'a.mask.ome.tif', truth: 't' };
const history = [
  { ...ran, id: '0000000a', time: '2026-01-01T10:00:00Z', settings },
  { ...scored, id: 's1', scores: { dice: 0.81 } },
  { ...ran, id: '0000000b', time: '2026-01-02T10:00:00Z', settings: { ...settings, stride: '128x128' } },
  { ...scored, id: 's2', scores: { dice: 0.92 } },
  { kind: 'note', id: '0000000b', time: '2026-01-03T10:00:00Z', text: 'half the stride' },
];

let fixture: Fixture;
let other: string;
let server: RunningServer;
let browser: Browser;
let viewed: ViewedPaths;

describe.skipIf(!hasBrowser)(`the page of segtile view${browserNote}`, () => {
  beforeAll(async () => {
    fixture = await makeFixture();
    const truth = await thresholded(fixture.probabilities, new Map([['disc', 0.2]]), folder());
    other = folder();
    await thresholded(fixture.probabilities, new Map([['disc', 0.3]]), other);
    writeFileSync(join(fixture.results, 'runs.jsonl'), history.map((line) => `${JSON.stringify(line)}\n`).join(''));
    viewed = { truth, classes: undefined, paths: [fixture.results, other, fixture.slide] };
    ({ server } = await startView({ ...viewed, host: '127.0.0.1', port: 0 }));
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  /** Opens the page as a person does, at a state, and expects it to complain of nothing. */
  async function look(
    hash: string,
    work: (page: Page) => Promise<void>,
    form: { scheme?: 'dark'; width?: number; height?: number } = {},
  ) {
    const { scheme = 'light', width = 1280, height = 900 } = form;
    const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme, bypassCSP: true });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('request', (request) => {
      if (!request.url().startsWith(new URL(server.url).origin) && !/^(data|blob):/.test(request.url()))
        complaints.push(`asked for ${request.url()}`);
    });
    await page.goto(server.url + hash);
    await drawn(page);
    await work(page);
    expect(complaints).toEqual([]);
    await context.close();
  }
  const picture = async (page: Page, name: string): Promise<void> => {
    if (pictures === undefined) return;
    mkdirSync(pictures, { recursive: true });
    await page.screenshot({ path: join(pictures, `${name}.png`) });
  };
  const serious = async (page: Page): Promise<unknown[]> => {
    await page.evaluate(axe.source);
    const found = await page.evaluate(async () => {
      const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run({ preload: false });
      return violations.map(({ id, impact, nodes }) => ({ id, impact, where: nodes.map(({ html }) => html.slice(0, 120)) }));
    });
    return found.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  };
  test('shows a slide and its mask, is silent, and can be used by everybody', () =>
    look('', async (page) => {
      expect(await page.title()).toBe('a.tif – segtile');
      expect(new URL(page.url()).search).toBe('');
      expect(await page.getByRole('checkbox', { name: 'mask' }).isChecked()).toBe(true);
      // Probabilities are first those of a class, not of background.
      await page.getByRole('checkbox', { name: 'probabilities' }).check();
      expect(await page.getByRole('combobox', { name: 'class whose probability is shown' }).inputValue()).toBe('1');
      await page.getByRole('checkbox', { name: 'probabilities' }).uncheck();
      // A name with markup is text.
      expect(await page.locator('.classes .name').allTextContents()).toEqual(['disc', '<b>ring</b>']);
      expect(await page.locator('b').count()).toBe(0);
      await page
        .getByRole('button', { name: /of .* to/ })
        .first()
        .waitFor();
      await picture(page, 'whole');
      expect(await serious(page)).toEqual([]);
    }));

  test('shows the mask as it is, and with moved thresholds what segtile threshold writes, pixel for pixel', () =>
    look('', async (page) => {
      await atFullSize(page, 'show=mask&opacity=mask:1');
      expect(await differences(page, fixture.mask)).toBe(0);
      const slider = page.getByRole('slider', { name: 'threshold of disc' });
      await slider.fill('0.3');
      await page.getByRole('slider', { name: 'threshold of <b>ring</b>' }).fill('0.62');
      await page.waitForURL(/threshold=1:0\.3,2:0\.62/);
      await drawn(page);
      const wanted = await thresholded(
        fixture.probabilities,
        new Map([
          ['disc', 0.3],
          ['<b>ring</b>', 0.62],
        ]),
        folder(),
      );
      expect(await differences(page, wanted)).toBe(0);
      expect(await differences(page, fixture.mask)).toBeGreaterThan(1000);
      await picture(page, 'thresholds');
      await page.getByRole('button', { name: 'back to the mask' }).click();
      await drawn(page);
      expect(await differences(page, fixture.mask)).toBe(0);
    }));

  test('obeys keys, and keeps what is seen in its address', () =>
    look('', async (page) => {
      await atFullSize(page, 'show=mask&opacity=mask:1');
      await page.keyboard.press('Space');
      await drawn(page);
      expect(new Set((await shownLabels(page)).labels)).toEqual(new Set([0]));
      await page.keyboard.press('Space');
      await page.keyboard.press('1');
      await drawn(page);
      expect(new Set((await shownLabels(page)).labels)).toEqual(new Set([0, 2]));
      await page.keyboard.press('[');
      await page.keyboard.press('o');
      await page.waitForURL(/at=800[\d.]*,600[\d.]*,1,0.*show=mask,outlines&opacity=mask:0\.9&hide=1$/);
      const { hash } = new URL(page.url());
      await page.reload();
      await drawn(page);
      expect(new URL(page.url()).hash).toBe(hash);
      expect(await page.getByRole('checkbox', { name: 'disc' }).isChecked()).toBe(false);
      await page.keyboard.press('?');
      expect(await page.getByRole('dialog').isVisible()).toBe(true);
      await page.keyboard.press('Escape');
      expect(await page.getByRole('dialog').isVisible()).toBe(false);
    }));

  test('tells what is under the pointer, and measures what is clicked', () =>
    look('#at=800,600,1,0&show=mask,outlines', async (page) => {
      const box = (await page.locator('.stage').boundingBox())!;
      await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
      await page.getByText(/^800, (599|600) {2}disc {2}truth disc {2}background 0\.00 {2}disc 1\.00/).waitFor();
      await page.mouse.down();
      await page.mouse.up();
      const measures = page.locator('.section', { hasText: 'Object' }).first();
      await measures.getByText('Circularity').waitFor();
      expect(await measures.textContent()).toMatch(/classdisc/);
      expect(await measures.textContent()).toMatch(/centre(799|800|801), (599|600|601) px/);
      await picture(page, 'object');
    }));

  test('goes from error to error', () =>
    look('#show=mask', async (page) => {
      await page.keyboard.press('e');
      await page.getByText(/error 1 of \d+: (missed|too much|another class)/).waitFor();
      await drawn(page);
      expect(await page.getByRole('checkbox', { name: 'errors' }).isChecked()).toBe(true);
      await picture(page, 'error');
    }));

  test('sets two results side by side, with a line that can be moved', () =>
    look('', async (page) => {
      await page.getByRole('combobox', { name: 'beside' }).selectOption({ index: 1 });
      await page.waitForURL(/other=/);
      await atFullSize(page, `show=mask&opacity=mask:1&divider=0.5&other=${/other=(\w+)/.exec(page.url())?.[1] ?? ''}`);
      const [one, two] = [await readMask(fixture.mask), await readMask(join(other, 'a.mask.ome.tif'))];
      const wrong = async (share: number): Promise<number> => {
        const { left, top, width, height, labels } = await shownLabels(page);
        const middle = Math.round(share * width);
        let count = 0;
        for (let y = 0; y < height; y++) {
          for (let x = 0; x < width; x++) {
            const mask = x < middle ? one : two;
            if (labels[y * width + x] !== mask.data[(top + y) * size.width + left + x]) count++;
          }
        }
        return count;
      };
      expect(await wrong(0.5)).toBe(0);
      const handle = page.getByRole('slider', { name: 'divider' });
      for (let i = 0; i < 10; i++) await handle.press('ArrowRight');
      await drawn(page);
      expect(await handle.getAttribute('aria-valuenow')).toBe('70');
      expect(await wrong(0.7)).toBe(0);
      expect(await wrong(0.5)).toBeGreaterThan(100);
      await page.getByRole('checkbox', { name: 'differences' }).check();
      await drawn(page);
      await picture(page, 'compare');
      expect(await serious(page)).toEqual([]);
    }));

  test('shows two results in two views that move together, with what differs in colours', () =>
    look('', async (page) => {
      await page.getByRole('combobox', { name: 'beside' }).selectOption({ index: 1 });
      await expectTwoViews(page, () => page.keyboard.press('v'));
      await page.waitForURL(/split=views/);
      await page.getByRole('checkbox', { name: 'differences' }).check();
      const box = (await page.locator('.pane').nth(1).boundingBox())!;
      /** What a view shows: the place of the slide, and its labels, around the middle. */
      const seen = (nth: number): Promise<string> =>
        page.evaluate(`(() => {
          const pane = document.querySelectorAll('.pane')[${nth}];
          const [slide, over] = [pane.querySelector('.stage canvas'), pane.querySelector('canvas.overlay')];
          const part = (of) => {
            const copy = new OffscreenCanvas(120, 120).getContext('2d');
            copy.drawImage(of, 60 - Math.floor(of.width / 2), 60 - Math.floor(of.height / 2));
            return [...copy.getImageData(0, 0, 120, 120).data];
          };
          return JSON.stringify([part(slide), part(over)].map((all) => all.reduce((sum, value, i) => (sum * 31 + value + i) | 0, 7)));
        })()`);
      const together = async (): Promise<void> => {
        await page.waitForTimeout(500);
        await drawn(page);
        expect(JSON.parse(await seen(0))[0]).toBe(JSON.parse(await seen(1))[0]);
      };
      await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
      await page.mouse.wheel(0, -400);
      await together();
      // Pulling one view moves the other, and a key turns both.
      const before = page.url();
      await page.mouse.down();
      await page.mouse.move(box.x + box.width / 2 - 120, box.y + box.height / 2 + 40, { steps: 4 });
      await page.mouse.up();
      await together();
      expect(page.url()).not.toBe(before);
      await page.keyboard.press('r');
      await together();
      await page.waitForURL(/,90&/);
      // Without the differences, each view shows its own mask.
      await page.getByRole('checkbox', { name: 'differences' }).uncheck();
      await atFullSize(page, `show=mask&opacity=mask:1&split=views&other=${/other=(\w+)/.exec(page.url())?.[1]}`);
      const [one, two] = [await readMask(fixture.mask), await readMask(join(other, 'a.mask.ome.tif'))];
      const wrong = (mask: typeof one, shown: Awaited<ReturnType<typeof shownLabels>>): number => {
        let count = 0;
        for (let y = 0; y < shown.height; y++) {
          for (let x = 0; x < shown.width; x++) {
            const at = (shown.top + y) * size.width + shown.left + x;
            if (shown.labels[y * shown.width + x] !== mask.data[at]) count++;
          }
        }
        return count;
      };
      expect(wrong(one, await shownLabels(page, 0))).toBe(0);
      expect(wrong(two, await shownLabels(page, 1))).toBe(0);
      expect(wrong(one, await shownLabels(page, 1))).toBeGreaterThan(100);
      await page.getByRole('checkbox', { name: 'differences' }).check();
      await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2 - 150);
      await page.getByText(/beside (disc|background)/).waitFor();
      await drawn(page);
      await picture(page, 'two-views');
      expect(await serious(page)).toEqual([]);
      const waiting = page.waitForEvent('download');
      await page.keyboard.press('s');
      const saved = await (await waiting).path();
      const whole = (await page.locator('.panes').boundingBox())!;
      const { width, height } = await sharp(saved).metadata();
      expect(Math.abs(width - whole.width)).toBeLessThan(2);
      expect(height).toBe(Math.round(whole.height));
      if (pictures !== undefined) await sharp(saved).toFile(join(pictures, 'saved-two.png'));
    }));

  test('lists the runs of the history, sorted and charted, and tells what differs between two', () =>
    look('', async (page) => {
      expect(await page.getByRole('button', { name: 'a.tif' }).textContent()).toContain('dice 0.920');
      await page.getByRole('button', { name: 'Runs' }).click();
      const dialog = page.getByRole('dialog', { name: 'Runs' });
      await dialog.waitFor();
      const ids = async (): Promise<string[]> =>
        (await dialog.locator('tbody tr td:nth-child(2)').allTextContents()).slice(0, 2);
      expect(await ids()).toEqual(['0000000a', '0000000b']);
      const head = dialog.getByRole('button', { name: 'dice' });
      await head.click();
      expect(await ids()).toEqual(['0000000a', '0000000b']);
      await head.click();
      expect(await ids()).toEqual(['0000000b', '0000000a']);
      await dialog.getByText('half the stride').waitFor();
      await dialog.getByRole('img', { name: 'dice of 2 runs' }).waitFor();
      for (const id of ['0000000a', '0000000b']) await dialog.getByRole('checkbox', { name: `compare ${id}` }).check();
      expect(await dialog.getByRole('rowheader').allTextContents()).toEqual(['stride', 'dice']);
      await picture(page, 'runs');
      expect(await serious(page)).toEqual([]);
    }));

  test('keeps what is drawn as a file that is truth, and undoes it', () =>
    look('', async (page) => {
      await atFullSize(page, 'show=mask,outlines');
      const path = fixture.slide.replace(/tif$/, 'corrections.geojson');
      const kept = (): { id: string; geometry: { coordinates: number[][][] }; properties: object }[] =>
        (JSON.parse(readFileSync(path, 'utf8')) as { features: [] }).features;
      const saved = page.getByText(`saved: ${path}`);
      const box = (await page.locator('.stage').boundingBox())!;
      const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
      await page.mouse.click(x, y);
      await page.getByText('Circularity').waitFor();
      await page.keyboard.press('a');
      await saved.waitFor();
      expect(kept()).toMatchObject([{ properties: { classification: { name: 'disc' } } }]);
      const { stdout } = await segtileWell(['evaluate', fixture.mask, path, '--json', '--quiet', '--no-history']);
      const told = JSON.parse(stdout.trim().split('\n')[0]!) as { classes: { name: string; dice: number }[] };
      expect(told.classes.find(({ name }) => name === 'disc')!.dice).toBe(1);

      await page.getByRole('combobox', { name: 'class', exact: true }).selectOption({ label: '<b>ring</b>' });
      await page.keyboard.press('d');
      for (const [dx, dy] of [
        [-200, -300],
        [-100, -300],
        [-100, -200],
        [-200, -200],
        [-200, -300],
      ]) {
        await page.mouse.click(x + dx!, y + dy!);
        await page.waitForTimeout(350);
      }
      await page.getByText('2 polygons').waitFor();
      await expect.poll(() => kept().length).toBe(2);
      const [, drawn] = kept();
      expect(drawn).toMatchObject({
        properties: { objectType: 'annotation', classification: { name: '<b>ring</b>', color: [230, 159, 0] } },
      });
      const [ring] = drawn!.geometry.coordinates;
      expect(ring).toHaveLength(5);
      const area = ring!.slice(1).reduce((sum, [px, py], i) => sum + (ring![i]![0]! * py! - px! * ring![i]![1]!) / 2, 0);
      expect(Math.abs(area)).toBeCloseTo(10_000, -2);
      await picture(page, 'corrections');
      expect(await serious(page)).toEqual([]);
      await page.keyboard.press('Escape');
      await page.keyboard.press('Control+z');
      await expect.poll(() => kept().length).toBe(1);
      await page.keyboard.press('Control+y');
      await page.mouse.click(x - 150, y - 250);
      await page.getByText('one chosen').waitFor();
      await page.keyboard.press('Delete');
      await expect.poll(() => kept().length).toBe(1);
    }));

  test('paints, wipes and moves corners, and what it keeps is valid truth and a valid region', () =>
    look('', async (page) => {
      await atFullSize(page, 'show=mask');
      const path = fixture.slide.replace(/tif$/, 'corrections.geojson');
      type Kept = { geometry: { type: string; coordinates: number[][][] }; properties: { classification: { name: string } } };
      /** The polygon that was added last, once it is saved. */
      const last = async (holds: (kept: Kept) => boolean): Promise<Kept> => {
        const read = (): Kept | undefined => {
          try {
            return (JSON.parse(readFileSync(path, 'utf8')) as { features: Kept[] }).features.at(-1);
          } catch {
            return undefined;
          }
        };
        await expect.poll(() => ((kept) => kept !== undefined && holds(kept))(read()), { timeout: 600_000 }).toBe(true);
        return read()!;
      };
      const area = ([ring]: number[][][]): number =>
        Math.abs(ring!.slice(1).reduce((sum, [x, y], i) => sum + (ring![i]![0]! * y! - x! * ring![i]![1]!) / 2, 0));
      const box = (await page.locator('.stage').boundingBox())!;
      const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
      const pull = async (from: readonly [number, number], to: readonly [number, number]): Promise<void> => {
        await page.mouse.move(x + from[0], y + from[1]);
        await page.mouse.down();
        for (let i = 1; i <= 5; i++)
          await page.mouse.move(x + from[0] + ((to[0] - from[0]) * i) / 5, y + from[1] + ((to[1] - from[1]) * i) / 5);
        await page.mouse.up();
        await page.waitForTimeout(350);
      };
      const click = async (dx: number, dy: number): Promise<void> => {
        await page.mouse.click(x + dx, y + dy);
        await page.waitForTimeout(350);
      };
      await page.getByRole('combobox', { name: 'class', exact: true }).selectOption({ label: '<b>ring</b>' });
      await page.keyboard.press('b');
      await pull([-100, 100], [100, 100]);
      const stroke = await last(({ properties }) => properties.classification.name === '<b>ring</b>');
      expect(area(stroke.geometry.coordinates)).toBeGreaterThan(200 * 30);
      expect(area(stroke.geometry.coordinates)).toBeLessThan(200 * 30 + Math.PI * 15 ** 2 + 20);
      // Chosen, only it is wiped: into two parts, which a further stroke joins.
      await page.keyboard.press('b');
      await click(-50, 100);
      await page.getByText('one chosen').waitFor();
      await page.keyboard.press('x');
      await pull([0, 40], [0, 160]);
      await last(({ geometry }) => geometry.type === 'MultiPolygon' && geometry.coordinates.length === 2);
      await picture(page, 'brush');
      expect(await serious(page)).toEqual([]);
      await page.keyboard.press('b');
      await pull([-30, 100], [30, 100]);
      await last(({ geometry }) => geometry.type === 'Polygon');
      await page.keyboard.press('Control+z');
      await last(({ geometry }) => geometry.type === 'MultiPolygon');
      await page.keyboard.press('Escape');
      await page.keyboard.press('Delete');

      await page.keyboard.press('d');
      for (const corner of [
        [-200, -300],
        [-100, -300],
        [-100, -200],
        [-200, -200],
      ] as const)
        await click(corner[0], corner[1]);
      await page.keyboard.press('Enter');
      await page.keyboard.press('Escape');
      await click(-150, -250);
      await pull([-200, -300], [-250, -320]);
      const corners = ({ geometry }: Kept): number => geometry.coordinates[0]!.length - 1;
      await last((kept) => corners(kept) === 4 && area(kept.geometry.coordinates) > 13_000);
      await pull([-150, -200], [-150, -150]);
      const five = await last((kept) => corners(kept) === 5);
      await click(-150, -150);
      await picture(page, 'corners');
      await page.keyboard.press('Delete');
      const four = await last((kept) => corners(kept) === 4);
      expect(area(five.geometry.coordinates) - area(four.geometry.coordinates)).toBeCloseTo(2500, -2);
      // A side that is pulled across another leaves two parts, each of them valid.
      await pull([-250, -320], [-50, -220]);
      await last(({ geometry }) => geometry.type === 'MultiPolygon');
      await page.keyboard.press('u');
      await last(({ geometry }) => geometry.type === 'Polygon');
      await page.getByRole('combobox', { name: 'class', exact: true }).selectOption({ label: 'disc' });
      await last(({ properties }) => properties.classification.name === 'disc');

      const [tiles, out] = [folder(), folder()];
      await segtileWell(['make-dataset', fixture.slide, '--truth', path, '-o', tiles, '--window', '256', '--quiet']);
      const region = ['--roi', path, '--roi-class', 'disc', '--slide-mpp', '0.5'];
      await segtileWell(['infer', fixture.slide, '-m', 'kidney', ...region, '-o', out, '--dry-run', '--quiet']);
    }));

  test('measures lengths, turns, and saves what is seen with scale bar and legend', () =>
    look('', async (page) => {
      await atFullSize(page, 'show=mask');
      const box = (await page.locator('.stage').boundingBox())!;
      const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
      await page.keyboard.press('m');
      await page.mouse.move(x, y);
      await page.mouse.down();
      await page.mouse.move(x + 60, y, { steps: 5 });
      await page.mouse.move(x + 200, y, { steps: 5 });
      await page.mouse.up();
      const told = await page
        .getByText(/^[\d.]+ µm$/)
        .first()
        .textContent();
      expect(Number.parseFloat(told!)).toBeGreaterThan(85);
      expect(Number.parseFloat(told!)).toBeLessThanOrEqual(100);
      await page.keyboard.press('Escape');
      await page.keyboard.press('r');
      await page.waitForURL(/at=800[\d.]*,600[\d.]*,1,90/);
      await drawn(page);
      const waiting = page.waitForEvent('download');
      await page.keyboard.press('s');
      const saved = await (await waiting).path();
      const { width, height } = await sharp(saved).metadata();
      expect([width, height]).toEqual([Math.round(box.width), Math.round(box.height)]);
      if (pictures !== undefined) await sharp(saved).toFile(join(pictures, 'saved.png'));
    }));

  test('is the same when a copy in files is opened from a disk', async () => {
    rmSync(fixture.slide.replace(/tif$/, 'corrections.geojson'), { force: true });
    const site = join(folder(), 'a copy');
    await exportView(viewed, site, () => undefined, new AbortController().signal);
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, bypassCSP: true });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('request', (request) => {
      if (!/^(file|data|blob):/.test(request.url())) complaints.push(`asked for ${request.url()}`);
    });
    await page.goto(`${pathToFileURL(join(site, 'index.html'))}#show=mask`);
    await drawn(page);
    expect(await page.title()).toBe('a.tif – segtile');
    await expect.poll(() => page.evaluate("document.querySelector('.slides img').naturalWidth")).toBeGreaterThan(0);
    await expectLiveThreshold(page, fixture, () => page.getByRole('slider', { name: 'threshold of disc' }).fill('0.3'));
    await page.getByRole('checkbox', { name: 'mask' }).uncheck();
    await page.getByRole('checkbox', { name: 'errors' }).check();
    await drawn(page);
    await page.keyboard.press('v');
    await page.waitForURL(/split=views/);
    await drawn(page);
    await picture(page, 'copy');
    expect(await serious(page)).toEqual([]);
    await page.keyboard.press('s');
    await page.getByText('put its folder on a web server').waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  test('is shown to nobody in a frame of another page, nor to who lacks the token', async () => {
    const page = await browser.newPage();
    await page.goto(new URL(server.url).origin);
    expect(await page.textContent('body')).toContain('open the whole address that segtile view printed');
    await page.goto('data:text/html,<title>other</title>');
    await page.setContent(`<iframe src="${server.url}"></iframe>`);
    await expect.poll(() => page.frames().length).toBe(2);
    await page.waitForTimeout(500);
    expect(await page.frames()[1]!.locator('.stage').count()).toBe(0);
    await page.close();
  });

  test('is as good in the dark, on a small screen, at twice the size of letters', () =>
    look(
      '#show=outlines,scores&channel=1',
      async (page) => {
        await picture(page, 'small-dark');
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(640);
        expect(await serious(page)).toEqual([]);
        for (const key of ['v', 'b']) await page.keyboard.press(key);
        await page.locator('.panes.two').waitFor();
        await drawn(page);
        await picture(page, 'small-two');
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(640);
        expect(await serious(page)).toEqual([]);
      },
      { scheme: 'dark', width: 640, height: 450 },
    ));
});
