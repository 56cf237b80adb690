/** How two measures correlate, from -1 to 1; undefined for fewer than 3 pairs, or if one of the measures is constant. */
export interface Correlation {
  /** Correlation of the values (Pearson's r). */
  readonly pearson: number | undefined;
  /** Correlation of the ranks (Spearman's rho); tied values get the mean of their ranks. */
  readonly spearman: number | undefined;
  readonly count: number;
}

/** The correlation between the first and the second values of pairs. */
export function correlation(pairs: readonly (readonly [number, number])[]): Correlation {
  const [a, b] = [pairs.map(([x]) => x), pairs.map(([, y]) => y)];
  return { pearson: pearson(a, b), spearman: pearson(ranks(a), ranks(b)), count: pairs.length };
}

function pearson(a: readonly number[], b: readonly number[]): number | undefined {
  if (a.length < 3) return undefined;
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [ma, mb] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  for (const [i, value] of a.entries()) {
    const [da, db] = [value - ma, b[i]! - mb];
    ab += da * db;
    aa += da * da;
    bb += db * db;
  }
  return aa === 0 || bb === 0 ? undefined : ab / Math.sqrt(aa * bb);
}

function ranks(values: readonly number[]): number[] {
  const sorted = [...values].sort((a, b) => a - b);
  return values.map((value) => (sorted.indexOf(value) + sorted.lastIndexOf(value)) / 2);
}
