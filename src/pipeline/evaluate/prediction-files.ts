import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { reason, SegtileError } from '../../errors.js';
import { idsOfRuns } from '../../truth/shapes/rle-csv.js';
import { slideOfId } from '../../truth/slide-names.js';
import { predictedName, shownRuns } from './prediction.js';

/** A mask or probabilities, or with an `id` one slide of a CSV of runs. */
export interface PredictionFile {
  readonly path: string;
  readonly id?: string;
  /** What it is called in what is told. */
  readonly shown: string;
  /** What its slide is called. */
  readonly slide: string;
}

const MASKS = /^[^.].*\.mask(\.ome)?\.tiff?$/i;
const PROBABILITIES = /^[^.].*\.probabilities\.ome\.tiff?$/i;
const IMAGES = /^[^.].*\.(tiff?|png)$/i;

/** The predictions at a path. Of what `segtile infer` wrote the masks, or the probabilities where thresholds are asked for; else all images. */
export async function predictionFiles(path: string, sweeps: boolean): Promise<PredictionFile[]> {
  const found = await stat(path).catch(() => undefined);
  if (found && /\.csv(\.gz|\.zip)?$/i.test(path)) {
    const ids = await idsOfRuns(path);
    return ids.map((id) => ({ path, id, shown: shownRuns({ path, id }), slide: slideOfId(id) }));
  }
  if (!found?.isDirectory()) return [fileOf(path)];
  const names = await readdir(path).catch((cause: unknown) => {
    throw new SegtileError('input', `cannot read the folder ${path}: ${reason(cause)}`, 'check its permissions', cause);
  });
  const kinds = sweeps ? [PROBABILITIES] : [MASKS, PROBABILITIES, IMAGES];
  const files = kinds.map((kind) => names.filter((name) => kind.test(name)).sort()).find((each) => each.length > 0);
  if (files) return files.map((name) => fileOf(join(path, name)));
  const wanted = sweeps ? 'probabilities, which segtile infer --probabilities uint8 writes' : 'TIFF or PNG files';
  throw new SegtileError('input', `the folder ${path} holds no ${wanted}`, 'check the path of the predictions');
}

function fileOf(path: string): PredictionFile {
  return { path, shown: path, slide: predictedName(path) };
}
