import { isMixed, makeCopy } from '../../augment/apply.js';
import { havePartners, mixRuns } from '../../augment/partners.js';
import type { Augmentation } from '../../augment/steps.js';
import { copyId } from '../../dataset/layout.js';
import type { Tile, TileRecord } from '../../dataset/tile.js';
import type { Box, Pixels } from '../../types.js';
import type { Activations } from './activations.js';
import { bothNext, fullBox } from './cut-tiles.js';
import type { PlannedTile, SlideTiles } from './split.js';
import type { Survey } from './survey-slide.js';

/** The total number of copies of a slide's tiles. */
export function copyCount(tiles: readonly PlannedTile[], augmentation: Augmentation | undefined): number {
  if (augmentation === undefined) return 0;
  return augmentation.copies * tiles.filter(({ split }) => augmentation.splits.includes(split)).length;
}

/**
 * Yields the tiles of a slide, each followed by its copies. Copies that are mixed with another tile come last: for them
 * the slide is read again, at two places at a time, so that no tile has to be kept in memory.
 *
 * @param activations where classes are active in the tiles, for snapmix
 * @param cut yields the given planned tiles of the slide, in the given order
 */
export async function* augmentTiles(
  augmentation: Augmentation,
  { survey, tiles }: SlideTiles,
  cut: (places: readonly PlannedTile[]) => AsyncGenerator<Tile>,
  activations?: Activations,
): AsyncGenerator<Tile> {
  const { copies, splits, steps, seed } = augmentation;
  const partnered = havePartners(tiles);
  const ids: string[] = [];
  for await (const tile of cut(tiles)) {
    const partner = partnered[ids.length]!;
    ids.push(tile.record.id);
    yield tile;
    if (!splits.includes(tile.record.split)) continue;
    for (let copy = 1; copy <= copies; copy++) {
      if (!partner || !isMixed(steps, copyId(tile.record.id, copy))) yield copyOf(tile, copy, undefined, augmentation, survey);
    }
  }
  const mixed = (tile: number, copy: number): boolean =>
    splits.includes(tiles[tile]!.split) && isMixed(steps, copyId(ids[tile]!, copy));
  for (const run of mixRuns(tiles, copies, mixed, seed, survey.slide.name)) {
    const own = cut(run.tiles.map((index) => tiles[index]!));
    const others = cut(run.partners.map((index) => tiles[index]!));
    try {
      for (let at = 0; ; at++) {
        const [tile, partner] = await bothNext(own, others);
        if (!tile || !partner) break;
        const active = (pair: Tile, index: number): ActivatedTile => ({
          ...pair,
          activation: activations?.of(index, pair.mask),
        });
        const first = active(tile, run.tiles[at]!);
        yield copyOf(first, run.copy, active(partner, run.partners[at]!), augmentation, survey);
      }
    } finally {
      await Promise.all([own.return(undefined), others.return(undefined)]);
    }
  }
}

/** A tile, with its activation if that is needed. */
interface ActivatedTile extends Tile {
  readonly activation?: Pixels | undefined;
}

function copyOf(
  tile: ActivatedTile,
  copy: number,
  partner: ActivatedTile | undefined,
  { steps }: Augmentation,
  survey: Survey,
): Tile {
  const { record, image, mask, activation } = tile;
  const id = copyId(record.id, copy);
  const known = {
    width: Math.min(image.width, survey.size.width - record.x),
    height: Math.min(image.height, survey.size.height - record.y),
  };
  const made = makeCopy({ image, mask, activation }, known, steps, id, partner && { ...partner, id: partner.record.id });
  const { mixed, done } = made;
  return {
    image: made.image,
    mask: made.mask,
    mixedMask: mixed?.mask,
    record: {
      ...cropped(record, made.box, survey),
      id,
      copy: {
        source: record.id,
        steps: done,
        mixed: mixed && { partner: mixed.partner, ratio: mixed.ratio, otherRatio: mixed.otherRatio },
      },
    },
  };
}

/** The record of a part of a tile that was enlarged to the size of the tile. Its share of tissue is not known. */
function cropped(record: TileRecord, box: Box, { window, spans, full }: Survey): TileRecord {
  if (box.width === window.width && box.height === window.height) return record;
  const [across, down] = [box.width / window.width, box.height / window.height];
  const { mpp } = record;
  const [x, y] = [record.x + box.x, record.y + box.y];
  return {
    ...record,
    x,
    y,
    box: fullBox({ ...box, x, y }, spans, full),
    downsample: record.downsample * Math.sqrt(across * down),
    mpp: mpp && { x: mpp.x * across, y: mpp.y * down },
    tissue: undefined,
  };
}
