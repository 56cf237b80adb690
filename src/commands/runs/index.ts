import { join } from 'node:path';
import { SegtileError } from '../../errors.js';
import { isFolder } from '../../io/folder.js';
import { appendHistory, HISTORY, type PastRun, readHistory } from '../../pipeline/records/history.js';
import { writeFolderSummary } from '../../pipeline/records/object-summary.js';
import { styleFor } from '../../terminal/style.js';
import type { Shell } from '../running/shell.js';
import type { RunsNoteOptions, RunsOptions } from './options.js';
import { comparisonText, passedOverText, runsText } from './words.js';

/**
 * `segtile runs`: lists the runs of a history, or shows two of them side by side.
 *
 * @param given nothing; or a folder of results, whose runs are listed; or the ids of two runs, of which the start is
 *   enough
 * @returns the exit code, 0
 * @throws {SegtileError} `usage` for another number of ids, or for an id that matches no run or several
 */
export async function runRuns(given: readonly string[], options: RunsOptions, { stdout, stderr }: Shell): Promise<number> {
  const [only] = given;
  const ofFolder = given.length === 1 && (await isFolder(only!));
  const ids = ofFolder ? [] : given;
  const path = await historyPath(ofFolder ? only! : options.history);
  if (ids.length !== 0 && ids.length !== 2) {
    const what = ids.length === 1 ? `one that is no folder, ${only}` : `${ids.length}`;
    throw new SegtileError('usage', `expected two runs to compare but got ${what}`, 'give two ids, or a folder of results');
  }
  const all = await pastRuns(path, stderr);
  const chosen = ids.length === 0 ? all : ids.map((id) => find(all, id, path));
  if (options.json) for (const run of chosen) stdout.write(`${JSON.stringify(run)}\n`);
  else if (ids.length === 0) stdout.write(runsText(chosen, styleFor(stdout)));
  else stdout.write(comparisonText(chosen[0]!, chosen[1]!, styleFor(stdout)));
  return 0;
}

/**
 * `segtile runs note`: adds a score from a leaderboard, or words, to a run.
 *
 * @param id the id of the run; its start is enough
 * @returns the exit code, 0
 * @throws {SegtileError} `usage` if there is nothing to add, or for an id that matches no run or several
 */
export async function noteRun(id: string, options: RunsOptions & RunsNoteOptions, { stdout, stderr }: Shell): Promise<number> {
  const { leaderboard, text } = options;
  if (leaderboard === undefined && text === undefined) {
    throw new SegtileError('usage', 'there is nothing to note', 'give --leaderboard 0.91, or --text "..."');
  }
  const path = await historyPath(options.history);
  const run = find(await pastRuns(path, stderr), id, path);
  await appendHistory(path, {
    kind: 'note',
    id: run.id,
    time: new Date().toISOString(),
    ...(leaderboard !== undefined && { leaderboard }),
    ...(text !== undefined && { text }),
  });
  stdout.write(`${run.id}: noted\n`);
  return 0;
}

/**
 * `segtile runs summary`: writes one table of the objects of all slides in a folder.
 *
 * @returns the exit code, 0
 */
export async function summarizeFolder(folder: string, { stdout, stderr }: Shell): Promise<number> {
  const { path, slides, passedOver } = await writeFolderSummary(folder);
  for (const name of passedOver) {
    stderr.write(
      `${styleFor(stderr).warn(`segtile: warning: ${name} has objects in a form that this version does not know, and was skipped`)}\n`,
    );
  }
  stdout.write(`${path}: ${slides === 1 ? 'one slide' : `${slides} slides`}\n`);
  return 0;
}

/** Reads the runs of a history, and warns about lines that it does not understand. */
async function pastRuns(path: string, stderr: Shell['stderr']): Promise<readonly PastRun[]> {
  const { runs: all, passedOver } = await readHistory(path);
  if (passedOver.length > 0) stderr.write(passedOverText(path, passedOver, styleFor(stderr)));
  return all;
}

async function historyPath(given: string): Promise<string> {
  return (await isFolder(given)) ? join(given, HISTORY) : given;
}

function find(all: readonly PastRun[], id: string, path: string): PastRun {
  const found = all.filter((run) => run.id.startsWith(id));
  if (found.length === 1) return found[0]!;
  const hint = 'segtile runs lists them';
  if (found.length === 0) throw new SegtileError('usage', `${path} has no run ${id}`, hint);
  throw new SegtileError('usage', `${path} has ${found.length} runs that begin with ${id}`, hint);
}
