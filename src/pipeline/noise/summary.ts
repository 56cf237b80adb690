import { partOf } from '../../dataset/manifest-read.js';
import { addConfusion, areasOf, emptyConfusion, iou } from '../../score/confusion.js';
import { type Spread, spreadOf } from '../../score/spread.js';
import { isSeen, type TileComparison, type TileNoise } from './compare-tiles.js';

/** The IoU of one class, or the mean of all, in a part of a dataset. */
export interface NoiseSummary {
  /** A split, with its fold if there is one; `all` is the whole dataset. */
  readonly part: string;
  /** Undefined for the mean over the classes of each tile. */
  readonly class: string | undefined;
  /** The spread of the IoU over tiles that have the class in truth or prediction; undefined if there are none. */
  readonly tiles: Spread | undefined;
  /** IoU of all pixels of the part together. For the mean: the mean over the classes in the part. */
  readonly pooled: number;
}

/** The summaries of every part, each with all classes and their mean. If there are several parts, `all` comes first. */
export function summarizeNoise({ classes, tiles, parts }: TileComparison): NoiseSummary[] {
  const names = [...parts.keys()].sort();
  const whole = emptyConfusion(classes.length);
  for (const part of parts.values()) addConfusion(whole, part);
  const groups = names.map((name) => ({ part: name, confusion: parts.get(name)!, tiles: tiles.filter(isIn(name)) }));
  if (names.length !== 1) groups.unshift({ part: 'all', confusion: whole, tiles: [...tiles] });
  return groups.flatMap(({ part, confusion, tiles: own }): NoiseSummary[] => {
    const pooled = classes.map((_, i) => areasOf(confusion, i + 1));
    const seen = pooled.filter(isSeen).map(iou);
    const mean = seen.length === 0 ? 1 : seen.reduce((sum, value) => sum + value, 0) / seen.length;
    return [
      ...classes.map(({ name }, i) => ({
        part,
        class: name,
        tiles: spreadOf(own.filter(({ areas }) => isSeen(areas[i]!)).map((tile) => tile.iou[i]!)),
        pooled: iou(pooled[i]!),
      })),
      { part, class: undefined, tiles: spreadOf(own.map(({ meanIou }) => meanIou)), pooled: mean },
    ];
  });
}

function isIn(part: string): (noise: TileNoise) => boolean {
  return ({ tile }) => partOf(tile) === part;
}
