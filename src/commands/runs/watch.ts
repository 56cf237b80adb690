import { setTimeout as delay } from 'node:timers/promises';
import { removeLeftFiles } from '../../pipeline/progress/clean.js';
import { type Look, lookAt, type RowsThen, type Running } from '../../pipeline/progress/look.js';
import { bytes, count, duration, percent } from '../../terminal/format.js';
import { type Style, styleFor } from '../../terminal/style.js';
import { table } from '../../terminal/table.js';
import { oneLine } from '../../terminal/visible.js';
import type { Shell } from '../running/shell.js';
import type { RunsCleanOptions, RunsWatchOptions } from './options.js';

/** Milliseconds between two readings of the folder. */
const LOOK_EVERY = 5000;

/** The most failures that are listed. */
const FAILURES_SHOWN = 10;

/**
 * `segtile runs watch`: shows which slides of a folder of results are done, running or failed. It reads the folder
 * every few seconds until the user stops it; with `once`, it reads it one time.
 *
 * @returns the exit code, 0
 */
export async function watchRuns(folder: string, { once, json }: RunsWatchOptions, { stdout, signal }: Shell): Promise<number> {
  const before: RowsThen = new Map();
  let told = '';
  for (;;) {
    const look = await lookAt(folder, before);
    const text = json ? `${JSON.stringify(look)}\n` : lookText(look, styleFor(stdout));
    // Text for people is printed only if it has changed.
    if (json || text !== told) stdout.write(text);
    told = text;
    if (once) return 0;
    await delay(LOOK_EVERY, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return 0;
  }
}

/** The state of the folder, for people. */
function lookText({ done, running, stopped, shards, failed }: Look, style: Style): string {
  const counts = [
    `${count(done)} done`,
    `${count(running.length)} running`,
    ...(stopped.length > 0 ? [`${count(stopped.length)} stopped`] : []),
    ...(failed.length > 0 ? [style.bad(`${count(failed.length)} failed`)] : []),
  ];
  const rows = running.map((each) => [
    oneLine(each.slide),
    placeText(each),
    rowsText(each),
    each.left === null ? '' : `${duration(each.left)} left`,
  ]);
  const lines = [
    style.strong(counts.join(', ')),
    ...(rows.length > 0 ? [table(rows, 2)] : []),
    ...stopped.map((slide) => `  ${oneLine(slide)}: stopped; the same command goes on with it`),
    ...shards.map(
      ({ slide, done: have, total }) =>
        `  ${oneLine(slide)}: ${have} of ${total} shards are there${have === total ? '; segtile merge makes the result of them' : ''}`,
    ),
    ...failed
      .slice(0, FAILURES_SHOWN)
      .map(({ slide, error }) => `  ${oneLine(error.includes(slide) ? error : `${slide}: ${error}`)}`),
    ...(failed.length > FAILURES_SHOWN ? [`  and ${count(failed.length - FAILURES_SHOWN)} more that failed`] : []),
  ];
  return `${lines.join('\n')}\n`;
}

function placeText({ host, pid }: Running): string {
  return host === null ? 'another process' : `${host}, process ${pid}`;
}

function rowsText({ rows }: Running): string {
  if (rows === null) return 'no row yet';
  return `row ${count(rows.done)} of ${count(rows.total)}, ${percent(rows.done / rows.total)}`;
}

/**
 * `segtile runs clean`: removes files that killed runs left behind. With `dryRun`, it only lists them.
 *
 * @returns the exit code, 0
 */
export async function cleanRuns(
  folder: string,
  { dryRun = false, json }: RunsCleanOptions,
  { stdout }: Shell,
): Promise<number> {
  const removed = await removeLeftFiles(folder, dryRun);
  if (json) {
    for (const file of removed)
      stdout.write(`${JSON.stringify({ status: dryRun ? 'would be removed' : 'removed', ...file })}\n`);
    return 0;
  }
  for (const { path, kind, bytes: size } of removed) stdout.write(`${oneLine(path)}: ${WHAT[kind]}, ${bytes(size)}\n`);
  const sum = removed.reduce((total, each) => total + each.bytes, 0);
  stdout.write(
    `${count(removed.length)} file${removed.length === 1 ? '' : 's'}, ${bytes(sum)}${dryRun ? ' would be removed' : ' removed'}\n`,
  );
  return 0;
}

const WHAT = {
  strips: 'finished rows of a slide that no process is working on',
  partial: 'an unfinished result',
  claim: 'the claim of a process that has ended',
} as const;
