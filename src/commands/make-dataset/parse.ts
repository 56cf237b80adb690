import { SegtileError } from '../../errors.js';
import { type Sampler, samplers } from '../../plan/sampling/sampling.js';
import type { Share } from '../../plan/sampling/split.js';
import type { Parser } from '../options/parse.js';

/** The parts of a dataset, in the order in which messages list them. */
const partNames: readonly string[] = ['train', 'val', 'test'];

/** How far the sum of shares may be from 1. It allows thirds that are written with three digits. */
const SLACK = 0.002;

/** Samplers by name: `grid`, or `grid,half-shift`. */
export const samplerList: Parser<readonly Sampler[]> = (text, option) => text.split(',').map((name) => sampler(name, option));

function sampler(name: string, option: string): Sampler {
  const found = samplers.find((each) => each === name.trim());
  if (found === undefined) {
    throw new SegtileError(
      'usage',
      `expected samplers for ${option} but got "${name}"`,
      `the samplers are ${samplers.join(', ')}`,
    );
  }
  return found;
}

/** Samplers with their shares: `positive=0.5,random=0.5`. */
export const mix: Parser<readonly { readonly sampler: Sampler; readonly share: number }[]> = (text, option) =>
  shares(text, option, 'positive=0.5,random=0.5').map(({ name, share }) => ({ sampler: sampler(name, option), share }));

/** Parts of a dataset with their shares: `train=0.7,val=0.15,test=0.15`. */
export const parts: Parser<readonly Share[]> = (text, option) => {
  const found = shares(text, option, 'train=0.7,val=0.15,test=0.15');
  const unknown = found.find(({ name }) => !partNames.includes(name));
  if (unknown) {
    throw new SegtileError(
      'usage',
      `expected parts for ${option} but got "${unknown.name}"`,
      `the parts are ${partNames.join(', ')}`,
    );
  }
  return found;
};

function shares(text: string, option: string, example: string): Share[] {
  const found = pairs(text, option, 'shares by name', example);
  const sum = found.reduce((total, { value }) => total + value, 0);
  if (Math.abs(sum - 1) > SLACK || found.some(({ value }) => value <= 0)) {
    throw new SegtileError(
      'usage',
      `expected shares above 0 that add up to 1 for ${option} but got "${text}", which adds up to ${Number(sum.toFixed(4))}`,
      `for example ${example}`,
    );
  }
  return found.map(({ name, value }) => ({ name, share: value / sum }));
}

/** Numbers of tiles by name of a class: `tumor=200,background=50`. */
export const tilesByClass: Parser<ReadonlyMap<string, number>> = (text, option) => {
  const example = 'tumor=200,background=50';
  const found = pairs(text, option, 'numbers of tiles by class', example);
  const bad = found.find(({ value }) => !Number.isSafeInteger(value) || value < 0);
  if (bad) {
    throw new SegtileError(
      'usage',
      `expected a whole number of tiles of ${bad.name} for ${option} but got ${bad.value}`,
      `for example ${example}`,
    );
  }
  return new Map(found.map(({ name, value }) => [name, value]));
};

function pairs(text: string, option: string, what: string, example: string): { name: string; value: number }[] {
  const found = text.split(',').map((part) => {
    const at = part.lastIndexOf('=');
    const name = part.slice(0, Math.max(at, 0)).trim();
    const number = part.slice(at + 1).trim();
    return { name, value: /^(\d+\.?\d*|\.\d+)$/.test(number) ? Number(number) : Number.NaN };
  });
  if (found.some(({ name, value }) => name === '' || Number.isNaN(value))) {
    throw new SegtileError('usage', `expected ${what} for ${option} but got "${text}"`, `for example ${example}`);
  }
  const twice = found.find(({ name }, index) => found.findIndex((other) => other.name === name) < index);
  if (twice) throw new SegtileError('usage', `expected each name once for ${option} but got "${twice.name}" twice`);
  return found;
}
