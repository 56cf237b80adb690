import { fileName } from '../../io/location.js';
import type { PastRun } from '../../pipeline/records/history.js';
import { correlation } from '../../score/correlation.js';
import { count, duration, figure } from '../../terminal/format.js';
import type { Style } from '../../terminal/style.js';
import { table } from '../../terminal/table.js';

/** The score that the list of runs shows. */
const MAIN_SCORE = 'dice';

/** The most line numbers that are listed. */
const LINES_TOLD = 10;

/** A warning about lines of a history that were not understood. */
export function passedOverText(path: string, lines: readonly number[], style: Style): string {
  const [are, which] = lines.length === 1 ? ['is', 'line'] : ['are', 'lines'];
  const more = lines.length > LINES_TOLD ? ` and ${count(lines.length - LINES_TOLD)} more` : '';
  const told = `${which} ${lines.slice(0, LINES_TOLD).join(', ')}${more}`;
  const what = `${count(lines.length)} ${which} ${are} not a run, score or note, and skipped: ${told}`;
  return `${style.warn(`segtile: warning: ${path}: ${what}`)}\n`;
}

/** A table of all runs, oldest first, and the correlation of their scores with those of a leaderboard. */
export function runsText(all: readonly PastRun[], style: Style): string {
  if (all.length === 0) return 'no runs yet\n';
  const rows = all.map((run) => [
    run.id,
    run.time.slice(0, 16).replace('T', ' '),
    fileName(run.slide),
    String(run.settings['model.name'] ?? ''),
    `${run.settings.window ?? ''}/${run.settings.stride ?? ''}`,
    run.measured.seconds === undefined ? '' : duration(run.measured.seconds),
    scoreText(run.scores[MAIN_SCORE]),
    scoreText(run.leaderboard),
  ]);
  const head = ['id', 'finished (UTC)', 'slide', 'model', 'window/stride', 'took', MAIN_SCORE, 'leaderboard'];
  const notes = all.flatMap(({ id, notes }) => notes.map((note) => `  ${id}: ${note}\n`)).join('');
  return `${table([head, ...rows], 5)}\n${notes}${correlationText(all, style)}`;
}

function correlationText(all: readonly PastRun[], style: Style): string {
  const both = all.flatMap(({ scores, leaderboard }): [number, number][] => {
    const own = scores[MAIN_SCORE];
    return own === undefined || leaderboard === undefined ? [] : [[own, leaderboard]];
  });
  if (both.length === 0) return '';
  const { pearson, spearman } = correlation(both);
  const shown = (value: number | undefined): string => (value === undefined ? 'unknown' : value.toFixed(2));
  if (pearson === undefined) return `  ${both.length} of them have both scores; a correlation needs 3 different ones\n`;
  const words = `correlation of ${MAIN_SCORE} with the leaderboard over ${both.length} runs: ${shown(pearson)}, of their ranks ${shown(spearman)}`;
  return `  ${style.strong(words)}\n`;
}

/** A table of two runs side by side: settings that differ, and all measured values and scores with their differences. */
export function comparisonText(a: PastRun, b: PastRun, style: Style): string {
  const settings = keysOf(a.settings, b.settings).filter((key) => a.settings[key] !== b.settings[key]);
  const settingRows = settings.map((key) => [key, String(a.settings[key] ?? '-'), String(b.settings[key] ?? '-'), '']);
  const moved = (one: PastRun['scores'], other: PastRun['scores']): string[][] =>
    keysOf(one, other).map((key) => [key, scoreText(one[key]), scoreText(other[key]), difference(one[key], other[key])]);
  const board =
    a.leaderboard === undefined && b.leaderboard === undefined
      ? []
      : [['leaderboard', scoreText(a.leaderboard), scoreText(b.leaderboard), difference(a.leaderboard, b.leaderboard)]];
  const rows = [
    ['', a.id, b.id, ''],
    ['slide', fileName(a.slide), fileName(b.slide), ''],
    ...(settingRows.length > 0 ? settingRows : [['settings', 'the same', 'the same', '']]),
    ...moved(a.measured, b.measured),
    ...moved(a.scores, b.scores),
    ...board,
  ];
  return `${style.strong('what differs, and what moved')}\n${table(rows, 1)}\n`;
}

function keysOf(...all: readonly object[]): string[] {
  return [...new Set(all.flatMap((each) => Object.keys(each)))];
}

function scoreText(value: number | undefined): string {
  return value === undefined ? '-' : figure(value);
}

function difference(a: number | undefined, b: number | undefined): string {
  if (a === undefined || b === undefined) return '';
  return b === a ? '=' : `${b > a ? '+' : '-'}${figure(Math.abs(b - a))}`;
}
