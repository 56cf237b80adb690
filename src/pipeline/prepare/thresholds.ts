import { reason, SegtileError } from '../../errors.js';
import { readRegularText } from '../../io/regular-file.js';
import type { LabelRule } from '../../plan/labels/labels.js';
import { parseThresholdFile } from '../../plan/labels/threshold-file.js';
import type { ScoreMeaning } from '../../plan/scores/score-map.js';

/** The value of `--threshold`: one threshold for all classes, some by class name, or a file of thresholds. */
export type ThresholdOption = number | ReadonlyMap<string, number> | { readonly file: string };

/** Thresholds, one for all classes or by class name, and where they come from. */
export interface Thresholds {
  readonly values: number | ReadonlyMap<string, number>;
  readonly from: string;
}

/** The file that the option names; '' if it names none. */
export function thresholdFile(option: ThresholdOption | undefined): string {
  return typeof option === 'object' && 'file' in option ? option.file : '';
}

/**
 * The thresholds that the option sets.
 *
 * @throws {SegtileError} `input` if it names a file that cannot be read or is not valid
 */
export async function readThresholds(option: ThresholdOption | undefined): Promise<Thresholds | undefined> {
  if (option === undefined) return undefined;
  if (typeof option === 'number' || !('file' in option)) return { values: option, from: '--threshold' };
  const { file } = option;
  const text = await readRegularText(file).catch((cause: unknown) => {
    const hint = 'give a file such as { "thresholds": { "tumor": 0.45 } }, or the thresholds themselves';
    throw new SegtileError('input', `--threshold ${file} cannot be read: ${reason(cause)}`, hint, cause);
  });
  return { values: parseThresholdFile(text, file), from: file };
}

/**
 * The rule that turns scores into labels. Thresholds come from the user, otherwise from the classes (that is, the
 * model's card), otherwise they are 0.5. For channels that compete, the largest score wins, unless the user or the card
 * gives thresholds.
 *
 * @param owner what the classes belong to, for messages
 * @throws {SegtileError} `usage` if a threshold names a class that does not exist
 */
export function labelRule(
  { classes, labels, exclusive }: ScoreMeaning,
  owner: string,
  given: Thresholds | undefined,
): LabelRule {
  const names = classes.map(({ name }) => name);
  const { values, from } = given ?? {};
  const unlisted = typeof values === 'object' ? [...values.keys()].find((name) => !names.includes(name)) : undefined;
  if (unlisted !== undefined) {
    throw new SegtileError(
      'usage',
      `${owner} has no class "${unlisted}" for ${from === '--threshold' ? from : `--threshold ${from}`}`,
      `its classes are: ${names.join(', ')}`,
    );
  }
  const thresholdOf = new Map(
    classes.map(({ label, name, threshold }) => [label, (typeof values === 'object' ? values.get(name) : values) ?? threshold]),
  );
  if (exclusive && [...thresholdOf.values()].every((value) => value === undefined)) return { kind: 'argmax', labels };
  const thresholds = labels.map((label) => (label === 0 ? undefined : (thresholdOf.get(label) ?? 0.5)));
  return { kind: 'thresholds', labels, thresholds };
}
