import { join } from 'node:path';
import { SegtileError } from '../../errors.js';
import { fileName, shownPath } from '../../io/location.js';
import { slideName } from '../../truth/match.js';
import type { SlideRequest } from '../slides/request.js';
import { placedTruths } from '../slides/truths.js';
import type { MakeDatasetOptions, SplitBy } from './settings.js';

/** A slide, its truth, and what it is called. */
export interface DatasetPair {
  /** Unique in the dataset; letters, digits, `-` and `_` alone. */
  readonly name: string;
  readonly slide: string;
  readonly truth: string;
  /** Who the slide was taken from, where that is known. */
  readonly patient: string | undefined;
  /** What stays together in a split. */
  readonly group: string;
  /** What else was said of the slide. */
  readonly request: SlideRequest;
}

/** Slides with their truth, and what stays together when they are dealt out to parts and folds. */
export interface DatasetPairs {
  readonly pairs: readonly DatasetPair[];
  /** Slides that cannot be cut, as their tiles would be called like those of others. */
  readonly clashes: readonly { readonly slide: string; readonly error: SegtileError }[];
  readonly splitBy: SplitBy;
}

/**
 * Which truth belongs to which slide, see `placedTruths`, and what slides are called in the dataset. Where patients are known they are the
 * groups, unless the user says otherwise: a model that is tested on people it has learnt from looks better than it is.
 *
 * @param slides if there are none, all that a CSV lists
 * @throws {SegtileError} `usage` where no slide or truth is named, or nobody says whose slide it is when slides are to be grouped by patient; `input` where
 *   truth is missing
 */
export async function datasetPairs(
  slides: readonly SlideRequest[],
  { truth, splitBy: asked }: MakeDatasetOptions,
): Promise<DatasetPairs> {
  if (truth === undefined) {
    throw new SegtileError('usage', 'no truth was given', 'give a file, a folder or a CSV of pairs with --truth');
  }
  const pairs = await placedTruths(slides, truth);
  if (pairs.length === 0) {
    throw new SegtileError(
      'usage',
      'no slide was given',
      'name slides, or a CSV with the columns slide and truth with --truth',
    );
  }
  const splitBy = asked ?? (pairs.some(({ patient }) => patient !== undefined) ? 'patient' : 'slide');
  const requests = pairs.map(({ slide }, i): SlideRequest => slides[i] ?? { path: slide });
  const names = requests.map(tileName);
  const all = pairs.map(({ slide, truth: own, patient }, i): DatasetPair => {
    const name = names[i]!;
    if (splitBy === 'patient' && patient === undefined) {
      throw new SegtileError(
        'usage',
        `--split-by patient, but nothing says whose slide ${shownPath(slide)} is`,
        'give a CSV with the columns slide, truth and patient with --truth',
      );
    }
    const group = splitBy === 'slide' ? name : (patient ?? name);
    return { name, slide, truth: own, patient, group, request: requests[i]! };
  });
  const clashes = clashesOf(all);
  return {
    pairs: all.filter((pair) => !clashes.has(pair)),
    clashes: [...clashes].map(([{ slide }, error]) => ({ slide, error })),
    splitBy,
  };
}

/** What tiles of a slide are called. Names of tiles are file names, and keys of WebDataset, which end at a dot. */
function tileName({ path, place = '' }: SlideRequest): string {
  return join(place, slideName(fileName(path))).replace(/[^A-Za-z0-9_-]/g, '_');
}

/** Pairs whose tiles would be called like those of others, and why they cannot be cut. */
function clashesOf(pairs: readonly DatasetPair[]): Map<DatasetPair, SegtileError> {
  const sharing = new Map<string, DatasetPair[]>();
  for (const pair of pairs) {
    const key = pair.name.toLowerCase();
    sharing.set(key, [...(sharing.get(key) ?? []), pair]);
  }
  return new Map(
    [...sharing.values()].flatMap((same) =>
      same.length === 1
        ? []
        : same.map((pair): [DatasetPair, SegtileError] => {
            const [one, other] = [pair, same.find((each) => each !== pair)!].map(({ slide }) => shownPath(slide));
            const what = `tiles of ${one} and ${other} would both be called ${pair.name}`;
            return [pair, new SegtileError('usage', what, 'rename one of the slides')];
          }),
    ),
  );
}
