import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { reason, SegtileError } from '../../errors.js';
import type { EvaluateSettings } from '../../pipeline/evaluate/evaluate-mask.js';
import { predictedName, shownRuns } from '../../pipeline/evaluate/prediction.js';
import { readConfig } from '../../truth/config.js';
import { idsOfRuns } from '../../truth/shapes/rle-csv.js';
import { slideOfId } from '../../truth/slide-names.js';
import { labelRule, readThresholds } from '../options/thresholds.js';
import type { EvaluateOptions } from './options.js';

/** A mask or probabilities, or with an `id` one slide of a CSV of runs. */
export interface PredictionFile {
  readonly path: string;
  readonly id?: string;
  /** What it is called in what is told. */
  readonly shown: string;
  /** What its slide is called. */
  readonly slide: string;
}

/** What is compared with what. */
export interface Compared {
  readonly predictions: readonly PredictionFile[];
  /** A file, a folder or a CSV of pairs. */
  readonly truth: string;
}

/**
 * Takes the paths apart: predictions, and the truth, which is the last of them where no option names it.
 *
 * @throws {SegtileError} `usage` where there is no truth; `input` for a folder without predictions
 */
export async function comparedPaths(paths: readonly string[], options: EvaluateOptions): Promise<Compared> {
  const truth = options.truth ?? paths.at(-1)!;
  const given = options.truth === undefined ? paths.slice(0, -1) : paths;
  if (given.length === 0) {
    throw new SegtileError('usage', `there is only ${truth}, but no truth`, 'name the truth after it, or with --truth');
  }
  const sweeps = options.writeThresholds !== undefined || options.threshold !== undefined;
  const all = await Promise.all(given.map((path) => predictionFiles(path, sweeps)));
  return { predictions: all.flat(), truth };
}

const MASKS = /^[^.].*\.mask(\.ome)?\.tiff?$/i;
const PROBABILITIES = /^[^.].*\.probabilities\.ome\.tiff?$/i;
const IMAGES = /^[^.].*\.(tiff?|png)$/i;

/** The predictions at a path. Of what `segtile infer` wrote the masks, or the probabilities where thresholds are asked for; else all images. */
async function predictionFiles(path: string, sweeps: boolean): Promise<PredictionFile[]> {
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

/**
 * How masks are compared, as the options say it.
 *
 * @throws {SegtileError} `input` where a file of classes or thresholds makes no sense
 */
export async function evaluateSettings(options: EvaluateOptions): Promise<EvaluateSettings> {
  const { classes, slideSize, tolerance, threshold, report } = options;
  const thresholds = await readThresholds(threshold);
  return {
    config: classes === undefined ? undefined : await readConfig(classes),
    slideSize,
    tolerance,
    errorsByPlace: report !== undefined,
    rule: ({ map, path }) => labelRule(map, path, thresholds),
  };
}
