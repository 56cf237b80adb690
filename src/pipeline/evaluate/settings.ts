import { SegtileError } from '../../errors.js';
import { readConfig } from '../../truth/config.js';
import { labelRule, readThresholds } from '../prepare/thresholds.js';
import type { EvaluateSettings } from './evaluate-mask.js';
import type { EvaluateOptions } from './options.js';
import { type PredictionFile, predictionFiles } from './prediction-files.js';

/** The predictions and the truth to compare them with. */
export interface Compared {
  readonly predictions: readonly PredictionFile[];
  /** A file, a folder or a CSV of pairs. */
  readonly truth: string;
}

/**
 * Separates the paths into predictions and truth. The truth is the last path if no option names it.
 *
 * @throws {SegtileError} `usage` if there is no truth; `input` for a folder without predictions
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

/**
 * The settings for comparing masks, from the options.
 *
 * @throws {SegtileError} `input` if a file of classes or thresholds is not valid
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
