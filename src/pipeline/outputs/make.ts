import type { LookedAt } from '../../objects/summary.js';
import type { RasterRows, ScoreRows, Sink } from '../../types.js';
import type { Keep } from '../records/files-and-record.js';
import type { RunFiles } from './files.js';
import { openLabelFiles } from './labels/open.js';
import type { Making, OfLabels, Result } from './output.js';
import type { OutputTable } from './table.js';

/** All files of a result while they are being made. */
export interface Makings<Facts> {
  readonly labels: readonly Pick<Sink<RasterRows>, 'write'>[];
  readonly scores: readonly Sink<ScoreRows>[];
  /** Takes the findings in some windows; each finding once, in any order. */
  gather(found: Uint8Array): void;
  /** The record entries of all outputs. Called after all rows. */
  facts(lookedAt: LookedAt): Promise<Facts>;
}

/**
 * Begins every wanted file of a table, in its order.
 *
 * @throws {SegtileError} `output` if a file cannot be begun
 */
export async function makeOutputs<Facts extends object, Needs extends Result>(
  table: OutputTable<Facts, Needs>,
  { paths, options }: RunFiles,
  result: Needs,
  keep: Keep,
): Promise<Makings<Facts>> {
  const names = Object.keys(table) as (keyof Facts & keyof RunFiles['paths'])[];
  const ofLabels = new Map<keyof Facts, OfLabels<unknown>>();
  for (const name of names) {
    const path = paths[name];
    const own = path === undefined ? undefined : await table[name].ofLabels?.(path, result, options);
    if (own !== undefined) ofLabels.set(name, own);
  }
  const labels = await openLabelFiles(
    [...ofLabels.values()].map(({ file }) => file),
    result.size,
    keep,
  );
  const makings = new Map<keyof Facts, Making<unknown>>();
  for (const name of names) {
    const path = paths[name];
    const making = path === undefined ? undefined : await table[name].make?.(path, result, options, keep);
    if (making !== undefined) makings.set(name, making);
  }
  const all = [...makings.values()];
  return {
    labels: [...labels, ...all.flatMap((each) => each.labels ?? [])],
    scores: all.flatMap(({ scores }) => (scores ? [scores] : [])),
    gather: (found) => all.forEach(({ gather }) => void gather?.(found)),
    async facts(lookedAt) {
      const facts: Partial<Record<keyof Facts, unknown>> = {};
      for (const name of names) {
        const { make, ofLabels: isOfLabels } = table[name];
        if (make ?? isOfLabels) facts[name] = ofLabels.get(name)?.facts ?? (await makings.get(name)?.facts(lookedAt)) ?? null;
      }
      return facts as Facts;
    },
  };
}
