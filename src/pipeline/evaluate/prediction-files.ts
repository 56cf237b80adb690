import { stat } from 'node:fs/promises';
import { idsOfRuns } from '../../truth/shapes/rle-csv.js';
import { slideOfId } from '../../truth/slide-names.js';
import { MASKS, PROBABILITIES } from '../slides/kinds.js';
import { fileRequests } from '../slides/requests.js';
import { predictedName, shownRuns } from './prediction.js';

/** A mask or a file of probabilities, or, if `id` is set, one slide of a CSV of runs. */
export interface PredictionFile {
  readonly path: string;
  readonly id?: string;
  /** Its name in messages. */
  readonly shown: string;
  /** The name of its slide. */
  readonly slide: string;
  /** The folders between the one that was given and the file; see `SlideRequest`. */
  readonly place?: string | undefined;
}

/**
 * The predictions at a path. For a folder and its subfolders: the masks that `segtile infer` wrote; if there are none,
 * its probabilities; if there are none of these, all images. If thresholds are asked for, only the probabilities.
 *
 * @throws {SegtileError} `input` for a folder that has none or cannot be read
 */
export async function predictionFiles(path: string, sweeps: boolean): Promise<PredictionFile[]> {
  const found = await stat(path).catch(() => undefined);
  if (found && /\.csv(\.gz|\.zip)?$/i.test(path)) {
    const ids = await idsOfRuns(path);
    return ids.map((id) => ({ path, id, shown: shownRuns({ path, id }), slide: slideOfId(id) }));
  }
  const requests = await fileRequests([path], { kind: sweeps ? PROBABILITIES : MASKS });
  const { problem } = requests.find((each) => each.problem !== undefined) ?? {};
  if (problem !== undefined) throw problem;
  return requests.map((each) => ({ ...fileOf(each.path), place: each.place }));
}

function fileOf(path: string): PredictionFile {
  return { path, shown: path, slide: predictedName(path) };
}
