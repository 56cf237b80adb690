import pLimit from 'p-limit';
import { throwIfAborted } from '../../errors.js';
import type { Catalogue, ListedRun, ProgressMessage } from '../../view/messages.js';
import { pageFile } from '../../view/page-files.js';
import { mostHalvings, tileBox } from '../../view/pyramid.js';
import type { Handler, Sent } from '../../view/server.js';
import { createTileCache } from '../../view/tile-cache.js';
import { versions } from '../records/machine.js';
import { readCorrections, writeCorrections } from './corrections.js';
import { createMaskDetails } from './details/mask-details.js';
import type { FoundSlide } from './found.js';
import { lastScore, pastRuns } from './past-runs.js';
import { openStation, type Shown, type Station, type TruthOfSlides } from './station.js';

/** The most bytes of encoded tiles that are cached. */
const CACHE_BYTES = 2 ** 26;

/** The most slides that are open at the same time. */
const OPEN_SLIDES = 6;

/** The most tiles that are made at the same time. */
const AT_A_TIME = 4;

/** All that a server of slides answers, and the function that closes it. */
export interface Site {
  readonly handler: Handler;
  /** Opens the first slide, so that who opens the page a moment later need not wait for it. */
  prepare(): Promise<void>;
  close(): Promise<void>;
}

/** The slides and truth that a site shows. */
export interface Viewed {
  readonly slides: readonly FoundSlide[];
  readonly truth: TruthOfSlides;
}

/**
 * Makes a site of some slides. Its addresses have ids, never paths, so that no other files can be asked for.
 *
 * @param find finds the slides again, because there may be new results
 * @param progress finds out what is going on
 */
export function createSite(first: Viewed, find: () => Promise<Viewed>, progress: () => Promise<ProgressMessage>): Site {
  let { slides, truth } = first;
  let byId = new Map(slides.map((slide) => [slide.id, slide]));
  const cache = createTileCache(CACHE_BYTES);
  const limit = pLimit(AT_A_TIME);
  const details = createMaskDetails(() => limit.activeCount > 0);
  const stations = createStations((id) => openStation(byId.get(id)!, truth, new AbortController().signal), OPEN_SLIDES);

  async function refresh(): Promise<void> {
    // A folder that cannot be read now may be readable again later.
    const found = await find().catch(() => undefined);
    if (found === undefined) return;
    const before = byId;
    ({ slides, truth } = found);
    byId = new Map(slides.map((slide) => [slide.id, slide]));
    for (const [id, slide] of before) if (JSON.stringify(byId.get(id)) !== JSON.stringify(slide)) await stations.drop(id);
  }

  async function tile(id: string, level: string, name: string, signal: AbortSignal): Promise<Sent | undefined> {
    const [slide = '', key = ''] = id.split('.');
    const place = /^(\d{1,7})_(\d{1,7})\.(jpg|png|f32)$/.exec(name);
    if (!byId.has(slide) || !/^\d{1,2}$/.test(level) || place === null) return undefined;
    const [, column, row, ending] = place;
    const halvings = Number(level);
    return stations.use(slide, async ({ images }) => {
      const shown = images.get(key);
      const box = shown && tileBox(shown.reader, { halvings, column: Number(column), row: Number(row) });
      if (shown === undefined || box === undefined || shown.ending !== ending) return undefined;
      const make = (stop: AbortSignal): Promise<Uint8Array> =>
        limit(async () => {
          throwIfAborted(stop);
          const { reader } = shown;
          return (await reader.jpeg?.(halvings, box, stop)) ?? (await shown.encode(await reader.read(halvings, box, stop)));
        });
      return { type: TYPES[shown.ending], body: await cache.get(`${id} ${level} ${name}`, make, signal), lasting: true };
    });
  }

  async function thumbnail(slide: string, signal: AbortSignal): Promise<Sent | undefined> {
    if (!byId.has(slide)) return undefined;
    return stations.use(slide, async ({ images }) => {
      const found =
        [...images].find(([key]) => key.startsWith('picture-')) ?? [...images].find(([key]) => key.startsWith('mask-'));
      if (found === undefined) return undefined;
      const [key, shown] = found;
      const body = await cache.get(`${slide}.${key} thumbnail`, (stop) => limit(() => smallest(shown, stop)), signal);
      return { type: TYPES[shown.ending], body };
    });
  }

  return {
    handler: async ({ method, path: [what, ...rest], query, body }, signal) => {
      const drawn = what === 'corrections' && rest.length === 1 ? byId.get(rest[0]!) : undefined;
      if (drawn) return json(method === 'PUT' ? await writeCorrections(drawn, await body()) : await readCorrections(drawn));
      if (method !== 'GET') return undefined;
      if (what === undefined) return pageFile('index.html');
      if (what === 'app' && rest.length === 1 && rest[0] !== 'index.html') return pageFile(rest[0]!);
      if (what === 'tiles' && rest.length === 3) return tile(rest[0]!, rest[1]!, rest[2]!, signal);
      if (what === 'thumbnails' && rest.length === 1) return thumbnail(rest[0]!, signal);
      if (what === 'catalogue' && rest.length === 0) {
        await refresh();
        return json(catalogueOf(slides, await pastRuns(slides)));
      }
      if (what === 'progress' && rest.length === 0) return json(await progress());
      if (what === 'runs' && rest.length === 0) return json(await pastRuns(slides));
      const [slide] = rest;
      if (what === 'looked' && rest.length === 2 && byId.has(rest[0]!)) {
        const found = await stations.use(rest[0]!, async (station) => station.looked(rest[1]!));
        return found === undefined ? undefined : json(found);
      }
      if (what === 'masks' && rest.length === 2) {
        const [own = '', key = ''] = rest[0]!.split('.');
        if (!byId.has(own)) return undefined;
        const found = await stations.use(own, (station) => details.answer(station, key, rest[1]!, query, signal));
        return found === undefined ? undefined : json(found);
      }
      if (what === 'slides' && rest.length === 1 && byId.has(slide!))
        return stations.use(slide!, async ({ card }) => json(card));
      return undefined;
    },
    async prepare() {
      const [first] = slides;
      // What is wrong with it is told when it is asked for.
      if (first) await thumbnail(first.id, new AbortController().signal).catch(() => undefined);
    },
    close: () => stations.close(),
  };
}

const TYPES: Readonly<Record<Shown['ending'], string>> = {
  jpg: 'image/jpeg',
  png: 'image/png',
  f32: 'application/octet-stream',
};

function json(value: unknown): Sent {
  return { type: 'application/json', body: JSON.stringify(value) };
}

/** The single tile of an image at the most halvings. */
async function smallest({ reader, encode }: Shown, signal: AbortSignal): Promise<Uint8Array> {
  const halvings = mostHalvings(reader);
  const box = tileBox(reader, { halvings, column: 0, row: 0 })!;
  return encode(await reader.read(halvings, box, signal));
}

function catalogueOf(slides: readonly FoundSlide[], past: readonly ListedRun[]): Catalogue {
  return {
    version: versions().segtile ?? '',
    live: true,
    history: past.length > 0,
    slides: slides.map((slide) => ({
      id: slide.id,
      name: slide.name,
      state: stateOf(slide),
      runs: slide.runs.length,
      score: lastScore(slide, past),
    })),
  };
}

function stateOf({ path, runs }: FoundSlide): Catalogue['slides'][number]['state'] {
  if (path === undefined) return 'missing';
  if (runs.length === 0) return 'no result';
  return runs.every(({ strips, mask }) => strips.length > 0 && mask === undefined) ? 'unfinished' : 'done';
}

/** Open slides. Those that were used last stay open. */
interface Stations {
  use<T>(id: string, work: (station: Station) => Promise<T>): Promise<T>;
  /** Closes a slide when nobody uses it any more. The next request opens it again. */
  drop(id: string): Promise<void>;
  close(): Promise<void>;
}

function createStations(open: (id: string) => Promise<Station>, most: number): Stations {
  // A Map keeps the order in which keys were added. A slide that is used again is moved to the end.
  const opened = new Map<string, { readonly station: Promise<Station>; users: number; dropped: boolean }>();
  const closeSome = async (): Promise<void> => {
    for (const [id, { station, users }] of opened) {
      if (opened.size <= most) return;
      if (users > 0) continue;
      opened.delete(id);
      await (await station).close();
    }
  };
  return {
    async use(id, work) {
      const own = opened.get(id) ?? { station: open(id), users: 0, dropped: false };
      opened.delete(id);
      opened.set(id, own);
      own.users++;
      try {
        return await work(await own.station);
      } finally {
        own.users--;
        if (own.dropped && own.users === 0) await (await own.station).close();
        await closeSome();
      }
    },
    async drop(id) {
      const own = opened.get(id);
      if (own === undefined) return;
      opened.delete(id);
      own.dropped = true;
      if (own.users === 0) await (await own.station).close();
    },
    async close() {
      for (const { station } of opened.values()) await station.then((each) => each.close()).catch(() => undefined);
      opened.clear();
    },
  };
}
