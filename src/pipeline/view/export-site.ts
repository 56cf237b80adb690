import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pLimit from 'p-limit';
import { SegtileError, throwIfAborted } from '../../errors.js';
import { outputError } from '../../io/partial-file.js';
import type { Catalogue, LabelLayer, LookedMessage, ObjectSummary, OpenSlideCard, TiledImage } from '../../view/messages.js';
import { deepestLevel, halvedSize, mostHalvings, type TilePlace } from '../../view/pyramid.js';
import { predictedName } from '../evaluate/prediction.js';
import type { Site } from './site.js';
import { shrunkJpeg } from './tiles/encode.js';

/** The most files that are made at the same time. */
const AT_A_TIME = 6;

/**
 * Writes the page of a site with everything that it can ask for as files, so that any web server can show it, and a
 * browser from a disk. Pictures of slides become Deep Zoom images, all else scripts that hold the data of an address.
 * Functions that need segtile itself are missing: choosing an object by a click, listing objects of a size, and keeping
 * corrections.
 *
 * @param folder is made, whole or not at all
 * @param onFiles called with the number of files written, and the number known so far
 * @returns the number of files
 * @throws {SegtileError} `output` if the folder exists and is not empty, or cannot be written
 */
export async function exportSite(
  { handler }: Site,
  folder: string,
  onFiles: (done: number, total: number) => void,
  signal: AbortSignal,
): Promise<number> {
  await refuseFilled(folder);
  const made = join(dirname(resolve(folder)), `.${basename(resolve(folder))}.partial-${randomBytes(4).toString('hex')}`);
  const limit = pLimit(AT_A_TIME);
  let [done, total] = [0, 0];

  async function take(address: string): Promise<Uint8Array | string | undefined> {
    throwIfAborted(signal);
    const path = address.split('/').filter((part) => part !== '');
    const found = await handler({ method: 'GET', path, query: new URLSearchParams(), body: async () => '' }, signal);
    return found?.body;
  }
  async function keep(address: string, body: Uint8Array | string): Promise<void> {
    const path = join(made, ...address.split('/'));
    try {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, body);
    } catch (error) {
      throw outputError(path, error);
    }
    onFiles(++done, total);
  }
  const copyAll = async (addresses: Iterable<string>, write: (address: string) => Promise<void>): Promise<void> => {
    const all = [...addresses];
    total += all.length;
    await Promise.all(all.map((address) => limit(() => write(address))));
  };
  const plainly = async (address: string): Promise<void> => {
    const body = await take(address);
    if (body !== undefined) await keep(address, body);
  };
  const keepData = (address: string, value: string): Promise<void> =>
    keep(`data/${address}.js`, `segtileData(${JSON.stringify(address)},${value});\n`);
  const asData = async (address: string): Promise<void> => {
    const body = await take(address);
    if (typeof body === 'string') await keepData(address, body);
    else if (body !== undefined) await keepData(address, `"${Buffer.from(body).toString('base64')}"`);
  };
  const json = async <T>(address: string): Promise<T> => JSON.parse((await take(address)) as string) as T;
  const keepJson = (address: string, value: object): Promise<void> => keepData(address, JSON.stringify(value));
  const counted = async (mask: LabelLayer): Promise<void> => {
    const address = `masks/${mask.id}/objects`;
    for (;;) {
      const found = await json<ObjectSummary>(address);
      if (found.state === 'counted') return keepJson(address, found);
      await delay(200);
    }
  };
  const names = new Set<string>();
  const deepZoomed = async (picture: TiledImage, slide: string): Promise<TiledImage> => {
    const deepZoom = `images/${freeName(slide, names)}`;
    await keep(`${deepZoom}.dzi`, deepZoomHead(picture));
    const tiles = [...tilePlaces(picture)];
    total += tiles.length;
    const deepest = deepestLevel(picture);
    const write = async ({ halvings, column, row }: TilePlace): Promise<void> => {
      const body = await take(`tiles/${picture.id}/${halvings}/${column}_${row}.jpg`);
      if (body === undefined) return;
      await keep(`${deepZoom}_files/${deepest - halvings}/${column}_${row}.jpeg`, body);
      if (halvings < mostHalvings(picture)) return;
      for (let more = halvings + 1; more <= deepest; more++)
        await keep(
          `${deepZoom}_files/${deepest - more}/0_0.jpeg`,
          await shrunkJpeg(body as Uint8Array, halvedSize(picture, more)),
        );
    };
    await Promise.all(tiles.map((place) => limit(() => write(place))));
    return { ...picture, deepZoom };
  };

  try {
    await keep('index.html', String(await take('').then((body) => Buffer.from(body!))).replace('<html', '<html data-copy'));
    await copyAll(['app/main.js', 'app/main.css'], plainly);
    const catalogue = await json<Catalogue>('catalogue');
    await keepJson('catalogue', { ...catalogue, live: false } satisfies Catalogue);
    await copyAll(['runs'], asData);
    for (const { id } of catalogue.slides) {
      const card = await json<OpenSlideCard>(`slides/${id}`);
      const picture = card.picture && (await deepZoomed(card.picture, card.name));
      await keepJson(`slides/${id}`, { ...card, picture } satisfies OpenSlideCard);
      await copyAll([`thumbnails/${id}`], plainly);
      await copyAll([`corrections/${id}`], asData);
      for (const image of valuesOf(card)) await copyAll(tilesOf(image), asData);
      for (const { id: run, mask, looked } of card.runs) {
        if (mask) await counted(mask);
        if (mask && card.truth) await copyAll([`masks/${mask.id}/errors`], asData);
        if (!looked || card.picture === null) continue;
        const found = await json<LookedMessage>(`looked/${id}/${run}`);
        await keepJson(`looked/${id}/${run}`, found);
        for (const image of [found.tissue, found.region]) if (image) await copyAll(tilesOf(image), asData);
      }
    }
    await rm(folder, { recursive: true, force: true });
    await rename(made, folder);
  } catch (error) {
    await rm(made, { recursive: true, force: true });
    throw error;
  }
  return done;
}

async function refuseFilled(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw outputError(folder, error);
  });
  if (names.length > 0) throw new SegtileError('output', `${folder} is there already`, 'name a folder that is new, or empty');
}

/** The images of a slide but its picture. */
function valuesOf({ truth, runs }: OpenSlideCard): TiledImage[] {
  const all = [truth, ...runs.flatMap(({ mask, scores, disagreement }) => [mask, scores, disagreement])];
  return all.filter((image) => image !== null);
}

/** The addresses of all tiles of an image. */
function* tilesOf(image: TiledImage): Generator<string> {
  for (const { halvings, column, row } of tilePlaces(image))
    yield `tiles/${image.id}/${halvings}/${column}_${row}.${image.ending}`;
}

function* tilePlaces(image: TiledImage): Generator<TilePlace> {
  for (let halvings = 0; halvings <= mostHalvings(image); halvings++) {
    const { width, height } = halvedSize(image, halvings);
    for (let row = 0; row * image.side < height; row++)
      for (let column = 0; column * image.side < width; column++) yield { halvings, column, row };
  }
}

/** The file that describes a Deep Zoom image. */
function deepZoomHead({ width, height, side }: TiledImage): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<Image xmlns="http://schemas.microsoft.com/deepzoom/2008" Format="jpeg" Overlap="0" TileSize="${side}">
  <Size Width="${width}" Height="${height}"/>
</Image>
`;
}

/** A name for a file of which no other has been made, with only characters that addresses have as they are. */
function freeName(slide: string, taken: Set<string>): string {
  const own = predictedName(slide).replace(/[^\w.-]+/g, '-');
  let name = own;
  for (let i = 2; taken.has(name.toLowerCase()); i++) name = `${own}-${i}`;
  taken.add(name.toLowerCase());
  return name;
}
