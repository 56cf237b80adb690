import { stat } from 'node:fs/promises';
import { reason } from '../../errors.js';
import { isRemote } from '../../io/location.js';
import { channelNames } from '../../plan/scores/score-map.js';
import { openSlide } from '../../slide/open.js';
import { openProbabilities } from '../../slide/probabilities.js';
import type { Slide } from '../../slide/slide.js';
import type { TruthConfig } from '../../truth/config.js';
import type { MaskClass, Size } from '../../types.js';
import type { LabelLayer, LookedMessage, OpenSlideCard, RunCard, ScoreLayer, TiledImage } from '../../view/messages.js';
import { predictedName } from '../evaluate/prediction.js';
import { labelRule } from '../prepare/thresholds.js';
import type { FoundRun, FoundSlide } from './found.js';
import { idOf } from './found.js';
import { whereLooked } from './looked.js';
import { runFacts } from './run-facts.js';
import { jpegOf, labelPng, planesOfFloats, planesPng } from './tiles/encode.js';
import { heldLabels, type LabelTiles, maskTiles, openTruthTiles, truthTiles } from './tiles/label-tiles.js';
import { liveTiles } from './tiles/live-tiles.js';
import { slideTiles, valueTiles } from './tiles/slide-tiles.js';
import type { TileReader } from './tiles/tile-reader.js';

/** An image in tiles, and how its tiles are encoded. */
export interface Shown {
  readonly reader: TileReader;
  readonly ending: TiledImage['ending'];
  /** What labels mean, if it is an image of labels. */
  readonly classes?: readonly MaskClass[];
  encode(pixels: Awaited<ReturnType<TileReader['read']>>): Promise<Uint8Array> | Uint8Array;
}

/** An open slide with everything that belongs to it. */
export interface Station {
  readonly card: OpenSlideCard;
  /** The images, by the last part of their ids. */
  readonly images: ReadonlyMap<string, Shown>;
  /**
   * The area in which a run was done, computed when it is first asked for; undefined if the run has no record, or the
   * slide is missing.
   */
  looked(run: string): Promise<LookedMessage> | undefined;
  close(): Promise<void>;
}

/** The truth of each slide, and how it is read. */
export interface TruthOfSlides {
  of(slide: FoundSlide): string | undefined;
  readonly config: TruthConfig | undefined;
}

/** A short text that distinguishes a file from one that may replace it later. */
export async function stampOf(path: string): Promise<string> {
  if (isRemote(path)) return idOf(path);
  const found = await stat(path).catch(() => undefined);
  return found === undefined ? '' : idOf(`${path} ${found.mtimeMs} ${found.size}`);
}

/** Opens a slide and its results. If one of them cannot be opened, its card says why and its image is missing. */
export async function openStation(slide: FoundSlide, truth: TruthOfSlides, signal: AbortSignal): Promise<Station> {
  const images = new Map<string, Shown>();
  const notes: string[] = [];
  const attempt = async <T>(work: () => Promise<T>): Promise<T | null> => {
    try {
      return await work();
    } catch (error) {
      notes.push(reason(error));
      return null;
    }
  };
  const show = async (path: string, kind: string, shown: Shown): Promise<TiledImage> => {
    const key = `${kind}-${await stampOf(path)}`;
    images.set(key, shown);
    const { width, height, side, spans } = shown.reader;
    return {
      id: `${slide.id}.${key}`,
      width,
      height,
      side,
      spans: { width: spans.width, height: spans.height },
      ending: shown.ending,
    };
  };
  const picture = await attempt(async () => {
    if (slide.path === undefined)
      throw new Error(`${slide.seen?.path ?? slide.name} is not there: name the slide, or its folder, too`);
    const { range, picked } = slide.seen ?? {};
    const opened = await openSlide(slide.path, {
      signal,
      ...(range && range.source === '--range' && { range: [range.least, range.most] }),
      ...(picked && { channels: picked.map(String) }),
    });
    notes.push(...(opened.notes ?? []));
    return {
      slide: opened,
      image: await show(slide.path, 'picture', { reader: slideTiles(opened), ending: 'jpg', encode: jpegOf }),
    };
  });
  const runs: RunCard[] = [];
  for (const run of slide.runs) runs.push(await openRun(run, show, attempt));
  const size = sizeOf(picture?.slide, slide, runs);
  const classes = runs.find(({ mask }) => mask !== null)?.mask?.classes;
  const path = truth.of(slide);
  const name = predictedName(slide.name);
  const trueLabels =
    path === undefined
      ? null
      : await attempt(async () =>
          showLabels(path, 'truth', await openTruthTiles(path, size, name, truth.config, classes, signal), show),
        );
  const mpp = picture?.slide.mpp;
  const lookedAt = new Map<string, Promise<LookedMessage>>();
  return {
    images,
    looked(id) {
      const run = slide.runs.find((each) => each.id === id);
      const opened = picture?.slide;
      if (run === undefined || opened === undefined) return undefined;
      const found = lookedAt.get(id) ?? lookedMessage(opened, run, show);
      lookedAt.set(id, found);
      found.catch(() => lookedAt.delete(id));
      return found;
    },
    card: {
      id: slide.id,
      name: slide.name,
      width: size.width,
      height: size.height,
      mpp: mpp ? { x: mpp.x, y: mpp.y } : null,
      picture: picture?.image ?? null,
      runs,
      compared: comparedAtFirst(slide),
      truth: trueLabels,
      notes,
    },
    close: async () => {
      for (const { reader } of images.values()) await reader.close();
    },
  };

  async function openRun(run: FoundRun, shows: typeof show, tries: typeof attempt): Promise<RunCard> {
    const { mask, probabilities, disagreement, strips } = run;
    const live = mask === undefined ? await liveTiles(strips) : undefined;
    const stamps = await Promise.all(strips.map(stampOf));
    const labels = live
      ? await tries(() => showLabels(strips[0]!, `live-${idOf(stamps.join(' '))}`, live, shows))
      : mask === undefined
        ? null
        : await tries(async () => showLabels(mask, 'mask', await maskTiles(mask, signal), shows));
    const scores = probabilities === undefined ? null : await tries(() => showScores(probabilities, shows, signal));
    const there = disagreement !== undefined && (await stampOf(disagreement)) !== '';
    const seams = there ? await tries(() => showGrey(disagreement, shows, signal)) : null;
    const told = await runFacts(run.record);
    return {
      id: run.id,
      name: run.variant?.name ?? `${run.folder === '.' ? '' : `${run.folder}/`}${run.name}`,
      mask: labels,
      rows: live?.rows ?? null,
      scores,
      disagreement: seams,
      ...told,
    };
  }
}

/** The two best variants of a comparison; null if there are not two. */
function comparedAtFirst({ runs }: FoundSlide): OpenSlideCard['compared'] {
  const variants = runs.flatMap(({ id, mask, variant }) => (variant && mask ? [{ id, dice: variant.dice }] : []));
  const [best, second] = variants.sort((a, b) => b.dice - a.dice);
  return best && second ? { run: best.id, other: second.id } : null;
}

const TISSUE: MaskClass = { label: 1, name: 'tissue', color: [86, 180, 233] };
const REGION: MaskClass = { label: 1, name: 'region', color: [240, 228, 66] };

async function lookedMessage(slide: Slide, run: FoundRun, show: Show): Promise<LookedMessage> {
  const {
    spans,
    windows,
    recorded,
    run: found,
    tissue,
    region,
  } = await whereLooked(slide, run.record, new AbortController().signal);
  const notes =
    found === recorded
      ? []
      : [`planned again, ${found} windows are run; the record counts ${recorded}, which includes other scales and models`];
  const layer = (kind: string, tiles: LabelTiles, only: MaskClass): Promise<LabelLayer> =>
    showLabels(run.record, kind, { ...tiles, classes: [only] }, show);
  return {
    spans: { width: spans.width, height: spans.height },
    windows,
    tissue: tissue ? await layer('tissue', heldLabels(tissue, [TISSUE]), TISSUE) : null,
    region: region ? await layer('region', truthTiles(region, slide), REGION) : null,
    notes,
  };
}

type Show = (path: string, kind: string, shown: Shown) => Promise<TiledImage>;

async function showLabels(path: string, kind: string, tiles: LabelTiles, show: Show): Promise<LabelLayer> {
  const { classes } = tiles;
  const image = await show(path, `${kind}-${idOf(path)}`, {
    reader: tiles,
    ending: 'png',
    classes,
    encode: (pixels) => labelPng(pixels, classes),
  });
  return { ...image, classes };
}

async function showScores(path: string, show: Show, signal: AbortSignal): Promise<ScoreLayer> {
  // Opened twice: first to read what the channels mean, and then as an image with levels.
  const { map } = await openProbabilities(path, signal).then(async (opened) => opened.close().then(() => opened));
  const slide = await openSlide(path, { signal });
  const { read } = slide.channelReader({ count: map.labels.length, samples: map.samples, by: path });
  const tiles = valueTiles(slide, read, map.labels.length, 'amounts');
  const floats = map.samples === 'float32';
  const image = await show(path, `scores-${idOf(path)}`, {
    reader: { ...tiles, spans: map.spans ?? tiles.spans },
    ending: floats ? 'f32' : 'png',
    encode: floats ? planesOfFloats : planesPng,
  });
  const classes: readonly MaskClass[] = map.classes.map(({ label, name, color }) => ({ label, name, color }));
  return { ...image, classes, channels: channelNames(map), exclusive: map.exclusive, rule: labelRule(map, path, undefined) };
}

async function showGrey(path: string, show: Show, signal: AbortSignal): Promise<TiledImage> {
  const slide = await openSlide(path, { signal });
  const { read } = slide.channelReader({ count: 1, samples: 'uint8', by: path });
  return show(path, `seams-${idOf(path)}`, { reader: valueTiles(slide, read, 1, 'amounts'), ending: 'png', encode: planesPng });
}

/** The size of level 0: that of the slide, otherwise that in a record, otherwise that of the mask or the probabilities. */
function sizeOf(opened: Size | undefined, { seen }: FoundSlide, runs: readonly RunCard[]): Size {
  const of = opened ?? seen ?? runs.find(({ mask }) => mask)?.mask ?? runs.find(({ scores }) => scores)?.scores;
  return { width: of?.width ?? 1, height: of?.height ?? 1 };
}
