import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import sharp from 'sharp';
import { startView } from '../dist/pipeline/view/start-view.js';

// Makes the picture of `segtile view` in the README: the results of the sample slide in Debian's Chromium, with an object
// selected by a click.
//
//   segtile infer samples/kidney.tif -m kidney --probabilities uint8 -o segtile-out && npx tsx samples/view-picture.ts

const path = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url));
const results = process.argv[2] ?? path('segtile-out');
if (!existsSync(results)) throw new Error(`${results} is not there: run the sample first`);
const executablePath = process.env.SEGTILE_CHROMIUM ?? '/usr/bin/chromium';
const settings = { truth: path('samples/kidney.truth.tif'), classes: undefined, host: '127.0.0.1', port: 0 };
const { server } = await startView({ ...settings, paths: [results, path('samples/kidney.tif')] });
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
try {
  const page = await browser.newPage({ viewport: { width: 1400, height: 860 }, bypassCSP: true });
  const drawn = () => page.waitForFunction(() => (globalThis as unknown as { segtileDrawn?: boolean }).segtileDrawn === true);
  await page.goto(`${server.url}#at=1900,1250,0.42,0&show=mask,outlines&opacity=mask:0.35`);
  await page.getByRole('group', { name: /number of objects/ }).waitFor();
  await drawn();
  await page.getByRole('combobox', { name: 'class whose sizes are shown' }).selectOption({ label: 'tubule' });
  const stage = (await page.locator('.stage').boundingBox())!;
  await page.mouse.click(stage.x + stage.width / 2 - 20, stage.y + stage.height / 2 - 30);
  await page.getByText('Circularity').waitFor();
  await page.waitForTimeout(500);
  await drawn();
  const picture = sharp(await page.screenshot())
    .resize({ width: 1200 })
    .webp({ quality: 66, effort: 6 });
  const { width, height, size } = await picture.toFile(path('samples/view.webp'));
  process.stdout.write(`samples/view.webp: ${width} x ${height} px, ${Math.round(size / 1000)} kB\n`);
} finally {
  await browser.close();
  await server.close();
}
