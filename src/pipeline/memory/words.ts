import type { ForetoldMemory } from '../../plan/memory/foretell.js';
import type { KnownForecast } from './foretell-run.js';
import type { Allowance, MemoryLimit } from './machine.js';

/** Bytes in units that `--memory` takes, too: `850 MB`, `2.1 GB`. */
export function inBytes(bytes: number): string {
  return bytes >= 999.5e6 ? `${Number((bytes / 1e9).toFixed(1))} GB` : `${Math.round(bytes / 1e6)} MB`;
}

/** Who has the memory: `this machine has`. */
export function ownerText({ by }: MemoryLimit): string {
  return by === 'machine' ? 'this machine has' : 'the control group of this process allows';
}

/** What a run may take, in words. */
export function allowanceText({ bytes, by, limit }: Allowance): string {
  switch (by) {
    case '--memory':
      return `--memory allows ${inBytes(bytes)}`;
    case 'half':
      return `half of what ${ownerText(limit)} is ${inBytes(bytes)}`;
    case 'all':
      return `which is more than half of the ${inBytes(bytes)} that ${ownerText(limit)}`;
  }
}

const parts: Readonly<Record<Exclude<keyof ForetoldMemory, 'total'>, string>> = {
  program: 'for the program itself',
  garbage: 'for buffers that are no longer used',
  view: 'for the small view of the slide',
  networks: 'to run the model',
  windows: 'for the windows that are running',
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
