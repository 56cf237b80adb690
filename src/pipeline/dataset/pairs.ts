import { join } from 'node:path';
import { SegtileError } from '../../errors.js';
import { fileName, shownPath } from '../../io/location.js';
import { slideName } from '../../truth/match.js';
import type { SlideRequest } from '../slides/request.js';
import { placedTruths } from '../slides/truths.js';
import type { MakeDatasetOptions, SplitBy } from './settings.js';

/** A slide, its truth, and its name in the dataset. */
export interface DatasetPair {
  /** Unique in the dataset; only letters, digits, `-` and `_`. */
  readonly name: string;
  readonly slide: string;
  readonly truth: string;
  /** The patient, if known. */
  readonly patient: string | undefined;
  /** The group that a split keeps together. */
  readonly group: string;
  /** The request for the slide, with the values that a list gives for it. */
  readonly request: SlideRequest;
}

/** Slides with their truth, and how they are grouped when they are distributed over parts and folds. */
export interface DatasetPairs {
  readonly pairs: readonly DatasetPair[];
  /** Slides that cannot be cut because their tiles would have the same names as those of other slides. */
  readonly clashes: readonly { readonly slide: string; readonly error: SegtileError }[];
  readonly splitBy: SplitBy;
}

/**
 * Finds the truth of each slide, see `placedTruths`, and names the slides in the dataset. If patients are known, they
 * are the groups, unless the user says otherwise: a model that is tested on patients it was trained on looks better
 * than it is.
 *
 * @param slides if there are none, all slides that a CSV lists
 * @throws {SegtileError} `usage` if no slide or truth is named, or slides are to be grouped by patient and the patients
 *   are not known; `input` if truth is missing
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

/** The name of a slide in the names of its tiles. These are file names, and also keys of WebDataset, which end at a dot. */
function tileName({ path, place = '' }: SlideRequest): string {
  return join(place, slideName(fileName(path))).replace(/[^A-Za-z0-9_-]/g, '_');
}

/** Pairs whose tiles would have the same names as those of others, with the error for each. */
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
