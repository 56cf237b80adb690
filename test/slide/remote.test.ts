import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openSlide } from '../../dist/slide/open.js';
import type { Slide } from '../../dist/slide/slide.js';
import { readOverview } from '../../dist/slide/view/overview.js';
import { type FileServer, startFileServer } from '../io/file-server.ts';
import { gather, picture } from '../tiff/pictures.ts';

const folder = mkdtempSync(join(tmpdir(), 'segtile-remote-'));
const local = join(folder, 'slide.tif');
let server: FileServer;
let fileBytes: number;

beforeAll(async () => {
  server = await startFileServer();
  const { data } = picture(4000, 3000);
  const pixels = sharp(data, { raw: { width: 4000, height: 3000, channels: 3 } });
  await pixels
    .tiff({ tile: true, tileWidth: 256, tileHeight: 256, pyramid: true, compression: 'jpeg', quality: 90, bigtiff: true })
    .toFile(local);
  const bytes = readFileSync(local);
  fileBytes = bytes.length;
  server.files.set('/slide.tif', bytes);
  server.files.set(
    '/picture.png',
    await sharp({ create: { width: 9, height: 9, channels: 3, background: 'red' } })
      .png()
      .toBuffer(),
  );
  server.files.set('/cut.tif', bytes.subarray(0, 200_000));
  server.files.set('/words.tif', Buffer.from('no image at all'));
});
beforeEach(() => server.reset());
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

/** The rows and columns around a window of level 0. */
async function window(slide: Slide, x: number, y: number, side: number): Promise<Uint8Array> {
  const bands = slide.readBands(0, { start: y, length: side }, () => [{ start: x, length: side }]);
  return gather(bands, slide.width, side, y);
}

describe('a slide on a web server', () => {
  test('has the pixels of the local file, and an overview and a window cost a small share of its bytes', async () => {
    const [here, there] = await Promise.all([openSlide(local), openSlide(`${server.origin}/slide.tif`)]);
    const facts = (slide: Slide) => ({
      ...slide,
      path: '',
      readBands: 0,
      channelReader: 0,
      blockPlaces: 0,
      jpegTile: 0,
      close: 0,
      [Symbol.asyncDispose]: 0,
    });
    expect(facts(there)).toEqual(facts(here));
    const opening = { requests: server.seen.length, bytes: server.sent };

    expect(Buffer.compare((await readOverview(there, 500)).data, (await readOverview(here, 500)).data)).toBe(0);
    expect(Buffer.compare(await window(there, 2100, 1500, 256), await window(here, 2100, 1500, 256))).toBe(0);
    await Promise.all([here.close(), there.close()]);

    expect(opening.requests).toBeLessThanOrEqual(1 + there.levels.length);
    expect(opening.bytes).toBeLessThanOrEqual(opening.requests * 65536);
    expect(server.sent).toBeLessThan(fileBytes / 8);
    expect(server.seen.every(({ range }) => range !== undefined)).toBe(true);
  });

  test('comes whole and right when every other request fails', async () => {
    const here = await openSlide(local);
    server.fault = (response, _, nth) => {
      if (nth % 2 === 1) return undefined;
      response.writeHead(503, { 'retry-after': '0' }).end();
      return 'taken';
    };
    const there = await openSlide(`${server.origin}/slide.tif`);
    expect(Buffer.compare(await window(there, 0, 1000, 300), await window(here, 0, 1000, 300))).toBe(0);
    await Promise.all([here.close(), there.close()]);
  });

  test('that was cut off is found so when it is opened', async () => {
    await expect(openSlide(`${server.origin}/cut.tif`)).rejects.toMatchObject({
      code: 'input',
      message: expect.stringMatching(/\/cut\.tif/),
    });
    expect(server.sent).toBeLessThanOrEqual(200_000);
  });

  test('that is no slide, or only local', async () => {
    await expect(openSlide(`${server.origin}/words.tif?sig=hush`)).rejects.toMatchObject({
      code: 'input',
      message: `${server.origin}/words.tif?... is not an image that segtile knows`,
    });
    await expect(openSlide(`${server.origin}/picture.png`)).rejects.toMatchObject({
      code: 'unsupported',
      message: `${server.origin}/picture.png is a PNG, and only TIFF files can be read in pieces from a server`,
      hint: 'download the file and give its local path',
    });
  });

  test('is not waited for after the signal', async () => {
    server.fault = (_, __, nth) => (nth === 0 ? undefined : 'taken');
    server.files.set('/late.tif', Buffer.concat([readFileSync(local)]));
    const opening = openSlide(`${server.origin}/late.tif`, { signal: AbortSignal.timeout(200) });
    await expect(opening).rejects.toMatchObject({ code: 'aborted' });
  });
});
