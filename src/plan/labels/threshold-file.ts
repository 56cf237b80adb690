import { type ErrorCode, SegtileError } from '../../errors.js';
import { parseJson } from '../text/json.js';
import { isNumber, isObject, isText } from '../text/values.js';

/**
 * A file of thresholds, as a sweep writes it and `--threshold file.json` reads it:
 *
 * ```json
 * { "thresholds": { "tumor": 0.45, "stroma": 0.6 } }
 * ```
 *
 * Names must match those of the classes exactly. A pixel has a class if its probability exceeds the threshold, 0 to 1
 * (see `LabelRule`). Any other key beside `thresholds` is for the writer's own notes and is ignored.
 *
 * @param where names the file in errors
 * @returns thresholds by class name, in the order of the file, at least one
 * @throws {SegtileError} `input`, naming the line of a mistake in the JSON, or the class whose value is not a
 *   threshold
 */
export function parseThresholdFile(json: string, where: string): ReadonlyMap<string, number> {
  const file = parseJson(json, where, 'input');
  if (!isObject(file) || !Object.hasOwn(file, 'thresholds') || !isObject(file.thresholds)) {
    const got = isObject(file) && Object.hasOwn(file, 'thresholds') ? `"thresholds": ${shown(file.thresholds)}` : shown(file);
    throw new SegtileError('input', `${where}: expected thresholds by class but got ${got}`, FORM);
  }
  return checkThresholds(Object.entries(file.thresholds), where, 'input');
}

/**
 * The text of a file that {@link parseThresholdFile} reads.
 *
 * @param thresholds by class name, 0 to 1, at least one
 * @param notes more keys to write, such as the metric for which the thresholds are best; they are never read back
 * @throws {SegtileError} `usage` for a value that is not a threshold
 */
export function formatThresholdFile(
  thresholds: ReadonlyMap<string, number>,
  notes: Readonly<Record<string, unknown>> = {},
): string {
  const checked = checkThresholds([...thresholds], 'thresholds', 'usage');
  const byName = Object.fromEntries(checked);
  return `${JSON.stringify(Object.assign({ thresholds: byName }, notes, { thresholds: byName }), null, 2)}\n`;
}

const FORM = 'its form is { "thresholds": { "tumor": 0.45, "stroma": 0.6 } }, more keys beside "thresholds" are ignored';

function checkThresholds(
  entries: readonly (readonly [string, unknown])[],
  where: string,
  code: ErrorCode,
): ReadonlyMap<string, number> {
  if (entries.length === 0) throw new SegtileError(code, `${where}: expected a threshold for at least one class`, FORM);
  return new Map(
    entries.map(([name, value]) => {
      if (!isText(name)) throw new SegtileError(code, `${where}: a class has no name`, FORM);
      if (isNumber(value) && value >= 0 && value <= 1) return [name, value];
      throw new SegtileError(
        code,
        `${where}: expected a number from 0 to 1 for the threshold of ${JSON.stringify(name)} but got ${shown(value)}`,
        FORM,
      );
    }),
  );
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
