import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pLimit from 'p-limit';
import { SegtileError, throwIfAborted } from '../../errors.js';
import { outputError } from '../../io/partial-file.js';
import type { Catalogue, LabelLayer, LookedMessage, ObjectSummary, OpenSlideCard, TiledImage } from '../../view/messages.js';
import { halvedSize, mostHalvings, TILE } from '../../view/pyramid.js';
import type { Site } from './site.js';

/** The most files that are made at the same time. */
const AT_A_TIME = 6;

/**
 * Writes everything that the page of a site can ask for as files at the same addresses, so that any web server can show
 * it. Functions that need segtile itself are missing: choosing an object by a click, listing objects of a size, and
 * keeping corrections.
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
  const copy = async (address: string): Promise<void> => {
    const body = await take(address);
    if (body !== undefined) await keep(address, body);
  };
  const json = async <T>(address: string): Promise<T> => {
    const body = (await take(address)) as string;
    await keep(address, body);
    return JSON.parse(body) as T;
  };
  const copyAll = async (addresses: Iterable<string>): Promise<void> => {
    const all = [...addresses];
    total += all.length;
    await Promise.all(all.map((address) => limit(() => copy(address))));
  };
  const counted = async (mask: LabelLayer): Promise<void> => {
    const address = `masks/${mask.id}/objects`;
    for (;;) {
      const body = (await take(address)) as string;
      if ((JSON.parse(body) as ObjectSummary).state === 'counted') return keep(address, body);
      await delay(200);
    }
  };

  try {
    await keep('index.html', (await take(''))!);
    await copyAll(['app/main.js', 'app/main.css', 'runs']);
    const catalogue = JSON.parse((await take('catalogue')) as string) as Catalogue;
    await keep('catalogue', JSON.stringify({ ...catalogue, live: false } satisfies Catalogue));
    for (const { id } of catalogue.slides) {
      const card = await json<OpenSlideCard>(`slides/${id}`);
      await copyAll([`thumbnails/${id}`, `corrections/${id}`]);
      for (const image of imagesOf(card)) await copyAll(tilesOf(image));
      for (const { id: run, mask, looked } of card.runs) {
        if (mask) await counted(mask);
        if (mask && card.truth) await copyAll([`masks/${mask.id}/errors`]);
        if (!looked || card.picture === null) continue;
        const { tissue, region } = await json<LookedMessage>(`looked/${id}/${run}`);
        for (const image of [tissue, region]) if (image) await copyAll(tilesOf(image));
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

function imagesOf({ picture, truth, runs }: OpenSlideCard): TiledImage[] {
  const all = [picture, truth, ...runs.flatMap(({ mask, scores, disagreement }) => [mask, scores, disagreement])];
  return all.filter((image) => image !== null);
}

/** The addresses of all tiles of an image. */
function* tilesOf(image: TiledImage): Generator<string> {
  for (let halvings = 0; halvings <= mostHalvings(image); halvings++) {
    const { width, height } = halvedSize(image, halvings);
    for (let row = 0; row * TILE < height; row++) {
      for (let column = 0; column * TILE < width; column++)
        yield `tiles/${image.id}/${halvings}/${column}_${row}.${image.ending}`;
    }
  }
}
