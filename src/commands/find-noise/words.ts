import type { Dropped } from '../../pipeline/noise/drop.js';
import type { NoiseRecord } from '../../pipeline/noise/find-noise.js';
import type { NoiseSummary } from '../../pipeline/noise/summary.js';
import { count, pairs } from '../../terminal/format.js';
import type { Style } from '../../terminal/style.js';
import { table } from '../../terminal/table.js';

/** The most names of dropped tiles, parts, classes or slides that are listed. Of any others, only the number is given. */
const NAMES_TOLD = 20;

/** The result for people. */
export function noiseText(record: NoiseRecord, style: Style): string {
  const { summary, tiles, copies, dropped, files } = record;
  const more = copies === 0 ? '' : ` (${count(copies)} changed copies are judged by the tiles they were made from)`;
  return [
    'IoU of truth and prediction, mean over the tiles where either holds the class:',
    table([heads, ...summary.map(cells)], 2),
    pairs([
      ['tiles', `${count(tiles)} compared${more}`],
      ...(dropped ? droppedPairs(dropped, style) : []),
      ['worst first', style.good(files.noise)],
      ...(files.pictures.length > 0 ? [['pictures', style.good(files.pictures.join(', '))] as const] : []),
      ...(files.clean === undefined ? [] : [['manifest', style.good(files.clean)] as const]),
    ]),
    '',
  ].join('\n');
}

const heads = ['part', 'class', 'tiles', 'mean', '5 %', '25 %', 'median', '75 %', '95 %', 'pooled'];

function cells({ part, class: name, tiles, pooled }: NoiseSummary): string[] {
  const figures = tiles ? [tiles.mean, ...tiles.quantiles] : Array<undefined>(6).fill(undefined);
  const shown = [...figures, pooled].map((value) => (value === undefined ? '-' : value.toFixed(3)));
  return [part, name ?? 'mean of classes', count(tiles?.count ?? 0), ...shown];
}

function droppedPairs({ below, tiles, copies, byPart, bySlide, byClass }: Dropped, style: Style): [string, string][] {
  if (tiles.length === 0) return [['dropped', `nothing: no tile is below ${below}`]];
  const list = (counts: Readonly<Record<string, number>>): string => {
    const all = Object.entries(counts).map(([name, n]) => `${name} ${count(n)}`);
    return all.length > NAMES_TOLD
      ? `${all.slice(0, NAMES_TOLD).join(', ')} and ${count(all.length - NAMES_TOLD)} more`
      : all.join(', ');
  };
  const rest = tiles.length > NAMES_TOLD ? ` and ${count(tiles.length - NAMES_TOLD)} more, in noise.csv` : '';
  const also = copies === 0 ? '' : `, ${count(copies)} of them changed copies`;
  return [
    ['dropped', style.warn(`${count(tiles.length)} below ${below}${also}: ${tiles.slice(0, NAMES_TOLD).join(', ')}${rest}`)],
    ['  by part', list(byPart)],
    ['  by class', list(byClass) || 'none holds a class in its truth'],
    ['  by slide', list(bySlide)],
  ];
}

/** The result for programs. */
export function noiseFacts({ failures, undrawn, ...record }: NoiseRecord): object {
  const told = (all: NoiseRecord['failures']): object[] =>
    all.map(({ tile, error: { code, message, hint } }) => ({ tile, error: { code, message, hint } }));
  return { ...record, failures: told(failures), undrawn: told(undrawn) };
}
