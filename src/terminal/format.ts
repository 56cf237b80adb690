import { oneLine } from './visible.js';

/** A duration for people: `0.8 s`, `42 s`, `3 min 05 s`, `2 h 07 min`. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '?';
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const two = (value: number): string => String(value).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
}

/** A whole number with commas between thousands: `35,000`. */
export function count(value: number): string {
  // Not with `Intl`: loading its language data takes longer than planning a run.
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Bytes in a unit that gives one to three digits before the point: `812 B`, `3.4 MB`. Units are powers of 1,000. */
export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let unit = 0;
  let amount = value;
  while (amount >= 999.5 && unit < units.length - 1) {
    amount /= 1000;
    unit++;
  }
  return `${unit > 0 && amount < 9.95 ? amount.toFixed(1) : Math.round(amount)} ${units[unit]}`;
}

/** A share from 0 to 1 as a percentage: `37 %`, `0.4 %`. Only exactly 0 gives 0 %, and only exactly 1 gives 100 %. */
export function percent(share: number): string {
  const value = share * 100;
  if (value > 0 && value < 0.1) return 'under 0.1 %';
  if (value > 99 && value < 100) return 'over 99 %';
  return `${value < 9.95 && value > 0 ? value.toFixed(1) : Math.round(value)} %`;
}

/** A rate or a measure to three significant digits: `38.2`, `0.506`, `1,240`. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '?';
  if (Math.abs(value) >= 999.5) return count(value);
  return String(Number(value.toPrecision(3)));
}

/** Lines of two columns; the first is padded to the same width in all lines. */
export function pairs(rows: readonly (readonly [label: string, value: string])[], indent = '  '): string {
  const width = Math.max(0, ...rows.map(([label]) => label.length));
  return rows.map(([label, value]) => `${indent}${label.padEnd(width)}  ${oneLine(value)}`.trimEnd()).join('\n');
}
