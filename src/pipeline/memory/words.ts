import type { ForetoldMemory } from '../../plan/memory/foretell.js';
import type { KnownForecast } from './foretell-run.js';

/** Bytes in the form that `--memory` takes: `850MB`, `2.1GB`. */
export function inBytes(bytes: number): string {
  return bytes >= 999.5e6 ? `${Number((bytes / 1e9).toFixed(1))}GB` : `${Math.round(bytes / 1e6)}MB`;
}

const parts: Readonly<Record<Exclude<keyof ForetoldMemory, 'total'>, string>> = {
  program: 'for the program itself',
  networks: 'to run the model',
  windows: 'for windows in hand',
  reading: 'to read',
  blending: 'to blend',
  writing: 'to write',
};

/** The largest part of the memory, in words: `57 % of it to blend 50 classes`. */
export function largestPart({ foretold, shape }: KnownForecast): string {
  const names = Object.keys(parts) as (keyof typeof parts)[];
  const largest = names.reduce((best, each) => (foretold[each] > foretold[best] ? each : best));
  const share = Math.round((100 * foretold[largest]) / foretold.total);
  const workers = Math.max(...shape.networks.map(({ count }) => count));
  const channels = Math.max(...shape.grids.map((grid) => grid.channels));
  const of =
    largest === 'networks' ? ` in ${workers} workers` : largest === 'blending' && channels > 1 ? ` ${channels} channels` : '';
  return `${share} % of it ${parts[largest]}${of}`;
}
