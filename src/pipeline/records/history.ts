import { randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import { reason, SegtileError } from '../../errors.js';
import { alone } from '../../io/alone.js';
import { outputError } from '../../io/partial-file.js';
import { readRegularText } from '../../io/regular-file.js';
import {
  either,
  mapOf,
  number,
  objectOf,
  optional,
  readIfShape,
  type Shape,
  shape,
  text,
  words,
} from '../../plan/text/shape.js';

/** Settings or scores by name, without nesting, so that they are easy to compare. */
export type Flat<Value> = Readonly<Record<string, Value>>;

/** A run in a history. */
interface Run {
  readonly id: string;
  /** Time as ISO 8601. */
  readonly time: string;
  readonly command: string;
  readonly slide: string;
  /** The file that was made. */
  readonly result: string;
  readonly settings: Flat<string | number | boolean | null>;
  readonly measured: Flat<number>;
}

/** A line of `runs.jsonl`: a run, its scores, or a note about it. */
export type HistoryLine =
  | ({ readonly kind: 'run' } & Run)
  | {
      readonly kind: 'scores';
      readonly id: string;
      readonly time: string;
      readonly command: string;
      /** The file that was scored. It is the `result` of the run that made it. */
      readonly result: string;
      readonly truth: string;
      /** Names such as `dice`, `dice glomerulus`. */
      readonly scores: Flat<number>;
    }
  | {
      readonly kind: 'note';
      /** The id of the run. */
      readonly id: string;
      readonly time: string;
      readonly leaderboard?: number;
      readonly text?: string;
    };

/** A run with its later scores and notes. */
export interface PastRun extends Run {
  /** The scores from the last time that its result was scored. */
  readonly scores: Flat<number>;
  readonly leaderboard: number | undefined;
  readonly notes: readonly string[];
}

/** The name of the file in a folder of results. */
export const HISTORY = 'runs.jsonl';

/** A new run id: eight hexadecimal digits. */
export function newRunId(): string {
  return randomBytes(4).toString('hex');
}

/**
 * Adds a line. If a full disk left an incomplete line, the new one starts on a line of its own. Lines of programs that
 * write at the same time are not mixed.
 *
 * @throws {SegtileError} `output` if the file cannot be written, or its claim cannot be made in its folder
 */
export async function appendHistory(path: string, line: HistoryLine): Promise<void> {
  // On a file system that machines share, one machine might overwrite what another has just appended.
  await alone(path, () => append(path, line));
}

async function append(path: string, line: HistoryLine): Promise<void> {
  try {
    const file = await open(path, 'a+');
    try {
      const { size } = await file.stat();
      const last = Buffer.alloc(1, '\n');
      if (size > 0) await file.read(last, 0, 1, size - 1);
      await file.appendFile(`${last.toString('latin1') === '\n' ? '' : '\n'}${JSON.stringify(line)}\n`);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw outputError(path, error);
  }
}

/** The contents of a history. */
export interface History {
  /** The oldest first, each with its last scores and its notes. */
  readonly runs: readonly PastRun[];
  /**
   * Line numbers, from 1, of skipped lines: those that are no run, score or note, for example because a full disk cut
   * them off.
   */
  readonly passedOver: readonly number[];
}

/**
 * Reads a history.
 *
 * @throws {SegtileError} `input` if there is none
 */
export async function readHistory(path: string): Promise<History> {
  const lines = await readRegularText(path).catch((error: NodeJS.ErrnoException) => {
    const what =
      error.code === 'ENOENT' ? `there is no history ${path}` : `the history ${path} cannot be read: ${reason(error)}`;
    throw new SegtileError('input', what, 'name the folder of results, or a runs.jsonl', error);
  });
  const runs = new Map<string, PastRun>();
  const passedOver: number[] = [];
  const newest = (result: string): PastRun | undefined => [...runs.values()].findLast((run) => run.result === result);
  for (const [index, row] of lines.split('\n').entries()) {
    if (row.trim() === '') continue;
    const line = readIfShape(row, historyLine);
    switch (line?.kind) {
      case 'run': {
        const { kind: _, ...run } = line;
        runs.set(run.id, { ...run, scores: {}, leaderboard: undefined, notes: [] });
        break;
      }
      case 'scores': {
        const run = newest(line.result);
        if (run) runs.set(run.id, { ...run, scores: line.scores });
        break;
      }
      case 'note': {
        const run = runs.get(line.id);
        if (!run) break;
        const notes = line.text === undefined ? run.notes : [...run.notes, line.text];
        runs.set(run.id, { ...run, leaderboard: line.leaderboard ?? run.leaderboard, notes });
        break;
      }
      case undefined:
        passedOver.push(index + 1);
    }
  }
  return { runs: [...runs.values()], passedOver };
}

const kind = <Kind extends string>(is: Kind): Shape<Kind> => shape(is, (value) => value === is);

const stamp = { id: text, time: text };
const named = { ...stamp, command: text, result: text };
const setting = shape<string | number | boolean | null>(
  'a text, a number, true, false or null',
  (value) => value === null || ['string', 'number', 'boolean'].includes(typeof value),
);

const historyLine: Shape<HistoryLine> = either(
  objectOf<HistoryLine & { kind: 'run' }>({
    kind: kind('run'),
    ...named,
    slide: text,
    settings: mapOf(setting),
    measured: mapOf(number),
  }),
  either(
    objectOf<HistoryLine & { kind: 'scores' }>({ kind: kind('scores'), ...named, truth: text, scores: mapOf(number) }),
    objectOf<HistoryLine & { kind: 'note' }>({
      kind: kind('note'),
      ...stamp,
      leaderboard: optional(number),
      text: optional(words),
    }),
  ),
);
