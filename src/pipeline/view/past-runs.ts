import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { ListedRun } from '../../view/messages.js';
import { HISTORY, type PastRun, readHistory } from '../records/history.js';
import type { FoundSlide } from './found.js';

/**
 * The runs in the histories of the folders of results, oldest first. They are read again each time, because runs may
 * have been added.
 */
export async function pastRuns(slides: readonly FoundSlide[]): Promise<readonly ListedRun[]> {
  const folders = new Set(slides.flatMap(({ runs }) => runs.map(({ folder }) => resolve(folder))));
  const found: ListedRun[] = [];
  for (const folder of folders) {
    const path = join(folder, HISTORY);
    if (!(await stat(path).catch(() => undefined))?.isFile()) continue;
    const { runs } = await readHistory(path);
    found.push(...runs.map((run) => listed(run, folder)));
  }
  return found.sort((a, b) => (a.time < b.time ? -1 : 1));
}

function listed(
  { id, time, command, slide, result, settings, measured, scores, leaderboard, notes }: PastRun,
  folder: string,
): ListedRun {
  return {
    id,
    time,
    command,
    folder,
    slide: basename(slide),
    result: basename(result),
    settings,
    measured,
    scores,
    leaderboard: leaderboard ?? null,
    notes,
  };
}

/** The latest score of a slide; null if none of its results has been scored. */
export function lastScore(
  { runs }: FoundSlide,
  past: readonly ListedRun[],
): { readonly name: string; readonly value: number } | null {
  const own = past.findLast(
    ({ folder, result, scores }) =>
      scores.dice !== undefined &&
      runs.some((run) => run.mask !== undefined && resolve(run.folder) === folder && basename(run.mask) === result),
  );
  return own === undefined ? null : { name: 'dice', value: own.scores.dice! };
}
