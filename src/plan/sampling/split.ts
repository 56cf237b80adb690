import { SegtileError } from '../../errors.js';
import { createRandom, shuffled } from './random.js';

/** A part of a dataset, and the share of the dataset that it should get. */
export interface Share {
  readonly name: string;
  readonly share: number;
}

/** Tiles that must stay together: those of a slide, of a patient, or of a region. */
export interface SplitGroup {
  readonly name: string;
  /** The amounts that are to be spread evenly, such as the pixels of each class and the number of tiles. */
  readonly amounts: readonly number[];
}

/** How groups are distributed to parts and folds. */
export interface SplitSettings {
  /** Shares above 0 that add up to 1. */
  readonly parts: readonly Share[];
  /** The number of folds; 1 means no folds. Groups in the part `test` are in no fold. */
  readonly folds: number;
  readonly seed: number;
}

/** How the error for too few groups names them. */
export interface GroupWords {
  /** Such as `slides`. */
  readonly what: string;
  /** What the user can do other than asking for fewer parts or folds. */
  readonly remedy: string;
}

/** Where a group went. `fold` counts from 0. */
export interface SplitPlace {
  readonly split: string;
  readonly fold: number | undefined;
}

/**
 * Distributes groups to parts, and all but the test groups to folds. Each part gets its share of every amount, as
 * closely as whole groups allow.
 *
 * @returns the place of each group, by name
 * @throws {SegtileError} `usage` if there are fewer groups than parts or folds
 */
export function splitGroups(
  groups: readonly SplitGroup[],
  { parts, folds, seed }: SplitSettings,
  words: GroupWords,
): Map<string, SplitPlace> {
  requireGroups(groups, parts.length, `parts (${parts.map(({ name }) => name).join(', ')})`, words);
  const shares = parts.map(({ share }) => share);
  const part = deal(groups, shares, seed, 'parts');
  const split = groups.map((_, i) => parts[part[i]!]!.name);
  const folded = groups.filter((_, i) => split[i] !== 'test');
  if (folds > 1) requireGroups(folded, folds, 'folds', words);
  const fold = folds > 1 ? deal(folded, Array<number>(folds).fill(1 / folds), seed, 'folds') : [];
  const foldOf = new Map(folded.map(({ name }, i) => [name, fold[i]]));
  return new Map(groups.map(({ name }, i) => [name, { split: split[i]!, fold: foldOf.get(name) }]));
}

function requireGroups(groups: readonly SplitGroup[], least: number, parts: string, { what, remedy }: GroupWords): void {
  const { length } = groups;
  if (length === 0 || length >= least) return;
  throw new SegtileError(
    'usage',
    `${length === 1 ? `there is 1 ${what.slice(0, -1)}` : `there are ${length} ${what}`} to deal out to ${least} ${parts}, and a ${what.slice(0, -1)} is never divided`,
    `ask for fewer, or ${remedy}`,
  );
}

/**
 * A greedy method, largest group first. The error is the sum of squared differences between the amounts that a part
 * has and those that it should have, as shares of the totals. Each group goes to the part where it reduces this error
 * most. Enough groups are kept back so that each part that is still empty gets one.
 */
function deal(groups: readonly SplitGroup[], shares: readonly number[], seed: number, name: string): number[] {
  const amounts = groups[0]?.amounts.length ?? 0;
  const totals = Array.from({ length: amounts }, (_, c) => groups.reduce((sum, group) => sum + group.amounts[c]!, 0));
  const portions = groups.map((group) => group.amounts.map((amount, c) => (totals[c]! > 0 ? amount / totals[c]! : 0)));
  const largest = portions.map((portion) => Math.max(0, ...portion));
  // The seed decides the order of groups of equal size.
  const order = [...shuffled(groups.length, createRandom(seed, `split/${name}`))].sort((a, b) => largest[b]! - largest[a]!);

  const held = shares.map(() => Array<number>(amounts).fill(0));
  const members = shares.map(() => 0);
  const result = Array<number>(groups.length).fill(0);
  order.forEach((index, dealt) => {
    const portion = portions[index]!;
    const change = (part: number): number =>
      portion.reduce((sum, value, c) => {
        const away = held[part]![c]! - shares[part]!;
        return sum + (away + value) ** 2 - away ** 2;
      }, 0);
    const empty = shares.map((_, part) => part).filter((part) => members[part] === 0);
    const open = groups.length - dealt <= empty.length ? empty : shares.map((_, part) => part);
    const best = open.reduce((a, b) => (change(b) < change(a) ? b : a));
    result[index] = best;
    members[best]!++;
    portion.forEach((value, c) => {
      held[best]![c]! += value;
    });
  });
  return result;
}
