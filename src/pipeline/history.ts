import { randomBytes } from 'node:crypto';
import { appendFile, readFile } from 'node:fs/promises';
import { SegtileError } from '../errors.js';
import { outputError } from '../tiff/partial-file.js';

/** Settings or scores by name, flat, so that two of them can be set side by side. */
export type Flat<Value> = Readonly<Record<string, Value>>;

/** Something that was run. */
interface Run {
  readonly id: string;
  /** ISO 8601. */
  readonly time: string;
  readonly command: string;
  readonly slide: string;
  /** The file that was made. */
  readonly result: string;
  readonly settings: Flat<string | number | boolean | null>;
  readonly measured: Flat<number>;
}

/** A line of `runs.jsonl`: something that was run, or a note about it. */
export type HistoryLine =
  | ({ readonly kind: 'run' } & Run)
  | {
      readonly kind: 'scores';
      readonly id: string;
      readonly time: string;
      readonly command: string;
      /** The file that was scored: the `result` of the run that made it. */
      readonly result: string;
      readonly truth: string;
      /** Such as `dice`, `dice glomerulus`. */
      readonly scores: Flat<number>;
    }
  | {
      readonly kind: 'note';
      /** Of the run. */
      readonly id: string;
      readonly time: string;
      readonly leaderboard?: number;
      readonly text?: string;
    };

/** A run with all that was said about it later. */
export interface PastRun extends Run {
  /** Those of the last time that its result was scored. */
  readonly scores: Flat<number>;
  readonly leaderboard: number | undefined;
  readonly notes: readonly string[];
}

/** The name of the file in a folder of results. */
export const HISTORY = 'runs.jsonl';

/** A new id of a run: eight hexadecimal digits. */
export function newRunId(): string {
  return randomBytes(4).toString('hex');
}

/**
 * Adds a line. Programs that write to one file at the same time do not mix their lines.
 *
 * @throws {SegtileError} `output`
 */
export async function appendHistory(path: string, line: HistoryLine): Promise<void> {
  await appendFile(path, `${JSON.stringify(line)}\n`).catch((error: unknown) => {
    throw outputError(path, error);
  });
}

/**
 * The runs of a history, oldest first, each with its last scores and its notes.
 *
 * @throws {SegtileError} `input` where there is none, or a line of it is not one
 */
export async function readHistory(path: string): Promise<PastRun[]> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new SegtileError('input', `there is no history ${path}`, 'name the folder of results, or a runs.jsonl', error);
  });
  const runs = new Map<string, PastRun>();
  const newest = (result: string): PastRun | undefined => [...runs.values()].findLast((run) => run.result === result);
  for (const [index, row] of text.split('\n').entries()) {
    if (row.trim() === '') continue;
    const line = parsed(row, `${path}: line ${index + 1}`);
    switch (line.kind) {
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
    }
  }
  return [...runs.values()];
}

function parsed(row: string, where: string): HistoryLine {
  try {
    const line = JSON.parse(row) as HistoryLine;
    if (line.kind === 'run' || line.kind === 'scores' || line.kind === 'note') return line;
  } catch {
    // Said below.
  }
  throw new SegtileError('input', `${where} is no run, score or note`, 'take the line out, or move the file aside');
}
