import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { type Card, readCard } from '../../dist/model/card/card.js';
import type { Model } from '../../dist/model/card/model.js';
import { resolveModel } from '../../dist/model/card/resolve.js';
import { type ModelFile, readModel } from '../../dist/model/graph/facts.js';
import type { MeasuredModel } from '../../dist/model/measured/measure.js';
import { openPool, type Pool } from '../../dist/model/sessions/pool.js';
import type { Size } from '../../dist/types.js';
import { random } from './networks.ts';

const folder = mkdtempSync(join(tmpdir(), 'segtile-model-'));
let count = 0;
afterAll(() => rmSync(folder, { recursive: true }));

/** Writes a file of its own into a folder that goes when the tests are done. */
export function saved(content: Uint8Array | string, name = 'network.onnx'): string {
  const path = join(folder, `${count++}-${name}`);
  writeFileSync(path, content);
  return path;
}

/** What would be measured of a network that gives logits, one a pixel. */
export function logitsOf({ channels = 3 }: ModelFile): MeasuredModel {
  const size = { width: 64, height: 64 };
  return { meaning: { kind: 'logits' }, range: [-9, 9], window: size, scores: { ...size, channels } };
}

/** The model in a file, or in bytes, with some card; raw scores are taken to be logits. */
export async function modelOf(network: Uint8Array | string, flags: Card = {}): Promise<Model> {
  const file = await readModel(typeof network === 'string' ? network : saved(network));
  return resolveModel(file, await readCard(file), flags, logitsOf(file));
}

/** A pool with what most tests want. */
export function poolOf(model: Model, window: Size, options: Partial<Parameters<typeof openPool>[1]> = {}): Promise<Pool> {
  return openPool(model, { window, workers: 1, device: 'cpu', output: 'probabilities', ...options });
}

/** The scores of one window. */
export async function scoresOf(
  model: Model,
  window: Size,
  pixels: Uint8Array<ArrayBuffer>,
  options: Partial<Parameters<typeof openPool>[1]> = {},
): Promise<Float32Array> {
  const pool = await poolOf(model, window, options);
  try {
    return await pool.run(pixels.slice());
  } finally {
    await pool.close();
  }
}

/** RGB noise: no two channels and no two neighbours are alike. */
export function noise({ width, height }: Size, seed = 1): Uint8Array<ArrayBuffer> {
  const next = random(seed);
  return Uint8Array.from({ length: width * height * 3 }, () => Math.floor(next() * 256));
}

/** One channel of RGB pixels as a plane of floats. */
export function plane(pixels: Uint8Array, channel: number): Float32Array {
  return Float32Array.from({ length: pixels.length / 3 }, (_, index) => pixels[index * 3 + channel]!);
}

/** The largest difference between two lists of numbers. */
export function farthest(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let most = 0;
  for (let i = 0; i < a.length; i++) {
    const away = Math.abs(a[i]! - b[i]!);
    if (!(away <= most)) most = away;
  }
  return most;
}
