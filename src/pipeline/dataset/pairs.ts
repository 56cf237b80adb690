import { SegtileError } from '../../errors.js';
import { fileName, shownPath } from '../../io/location.js';
import { matchTruths, slideName } from '../../truth/match.js';
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
}

/** Slides with their truth, and what stays together when they are dealt out to parts and folds. */
export interface DatasetPairs {
  readonly pairs: readonly DatasetPair[];
  readonly splitBy: SplitBy;
}

/**
 * Which truth belongs to which slide, see {@link matchTruths}, and what slides are called in the dataset. Where patients are known they are the
 * groups, unless the user says otherwise: a model that is tested on people it has learnt from looks better than it is.
 *
 * @throws {SegtileError} `usage` where no slide or truth is named, two slides would have one name, or nobody says whose slide it is
 *   when slides are to be grouped by patient; `input` where truth is missing
 */
export async function datasetPairs(
  slides: readonly string[],
  { truth, splitBy: asked }: MakeDatasetOptions,
): Promise<DatasetPairs> {
  if (truth === undefined) {
    throw new SegtileError('usage', 'no truth was given', 'give a file, a folder or a CSV of pairs with --truth');
  }
  const pairs = await matchTruths(slides, truth);
  if (pairs.length === 0) {
    throw new SegtileError(
      'usage',
      'no slide was given',
      'name slides, or a CSV with the columns slide and truth with --truth',
    );
  }
  const splitBy = asked ?? (pairs.some(({ patient }) => patient !== undefined) ? 'patient' : 'slide');
  const taken = new Map<string, string>();
  const named = pairs.map((pair) => {
    const { slide, patient } = pair;
    const shown = shownPath(slide);
    // Names of tiles are file names, and keys of WebDataset, which end at a dot.
    const name = slideName(fileName(slide)).replace(/[^A-Za-z0-9_-]/g, '_');
    const other = taken.get(name.toLowerCase());
    if (other !== undefined) {
      throw new SegtileError(
        'usage',
        `tiles of ${other} and ${shown} would both be called ${name}`,
        'rename one of the slides',
      );
    }
    taken.set(name.toLowerCase(), shown);
    if (splitBy === 'patient' && patient === undefined) {
      throw new SegtileError(
        'usage',
        `--split-by patient, but nothing says whose slide ${shown} is`,
        'give a CSV with the columns slide, truth and patient with --truth',
      );
    }
    return { name, slide, truth: pair.truth, patient, group: splitBy === 'slide' ? name : (patient ?? name) };
  });
  return { pairs: named, splitBy };
}
