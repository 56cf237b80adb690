/** The distribution of values. */
export interface Spread {
  readonly count: number;
  readonly mean: number;
  /** The 5, 25, 50, 75 and 95 % quantiles. */
  readonly quantiles: readonly [p5: number, p25: number, median: number, p75: number, p95: number];
}

/** The spread of values, or undefined if there are no values. */
export function spreadOf(values: readonly number[]): Spread | undefined {
  if (values.length === 0) return undefined;
  const sorted = Float64Array.from(values).sort();
  const at = (share: number): number => quantile(sorted, share);
  return {
    count: values.length,
    mean: sorted.reduce((sum, value) => sum + value, 0) / values.length,
    quantiles: [at(0.05), at(0.25), at(0.5), at(0.75), at(0.95)],
  };
}

/** Linear between neighbours: definition 7 of Hyndman and Fan 1996, which is numpy's default. */
function quantile(sorted: Float64Array, share: number): number {
  const place = (sorted.length - 1) * share;
  const below = Math.floor(place);
  const next = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return sorted[below]! + (next - sorted[below]!) * (place - below);
}
