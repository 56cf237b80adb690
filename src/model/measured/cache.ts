import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { MeasuredModel } from './measure.js';

/** Increased whenever the same network would be judged differently, or takes other time or memory: older findings are ignored. */
const RULES = 5;

/** A kind of finding that is cached: its folder in the cache, and the check that a file of it is valid. */
export interface Kept<Found> {
  readonly folder: string;
  readonly isFound: (value: unknown) => value is Found;
}

/** The folder of the cache: `SEGTILE_CACHE`, or else `segtile` in the system's folder for caches. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  if (env.SEGTILE_CACHE) return env.SEGTILE_CACHE;
  const home = process.platform === 'win32' ? env.LOCALAPPDATA : env.XDG_CACHE_HOME;
  return join(home || join(homedir(), '.cache'), 'segtile');
}

/** The cached measurements of models; see {@link MeasuredModel}. */
export const keptModels: Kept<MeasuredModel> = { folder: 'models', isFound: isMeasured };

/**
 * Returns what was found before for a network in the same circumstances, otherwise calls `find` and caches its result. An
 * unreadable or invalid file of the cache counts as missing. A file that cannot be written is no error.
 *
 * @param sha256 of the network
 * @param circumstances everything else that the finding depends on; must be serializable as JSON
 */
export async function remembered<Found>(
  { folder, isFound }: Kept<Found>,
  sha256: string,
  circumstances: unknown,
  find: () => Promise<Found>,
): Promise<Found> {
  const known = await recalled({ folder, isFound }, sha256, circumstances);
  if (known) return known;
  const measured = await find();
  await remember({ folder, isFound }, sha256, circumstances, measured);
  return measured;
}

/** Caches what was found for a network. A file that cannot be written is no error. */
export async function remember<Found>(
  { folder }: Kept<Found>,
  sha256: string,
  circumstances: unknown,
  measured: Found,
): Promise<void> {
  const { key, path } = placeOf(folder, sha256, circumstances);
  await write(path, JSON.stringify({ key, measured })).catch(() => undefined);
}

/** What was found before for a network in the same circumstances; undefined if nothing was. */
export async function recalled<Found>(
  { folder, isFound }: Kept<Found>,
  sha256: string,
  circumstances: unknown,
): Promise<Found | undefined> {
  const { key, path } = placeOf(folder, sha256, circumstances);
  return read(path, key, isFound);
}

function placeOf(folder: string, sha256: string, circumstances: unknown): { readonly key: string; readonly path: string } {
  const key = createHash('sha256')
    .update(JSON.stringify([RULES, sha256, circumstances]))
    .digest('hex');
  return { key, path: join(cacheFolder(), folder, `${key}.json`) };
}

async function read<Found>(path: string, key: string, isFound: Kept<Found>['isFound']): Promise<Found | undefined> {
  try {
    const kept: unknown = JSON.parse(await readFile(path, 'utf8'));
    return isRecord(kept) && kept.key === key && isFound(kept.measured) ? kept.measured : undefined;
  } catch {
    return undefined;
  }
}

async function write(path: string, text: string): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true });
  const part = `${path}.${randomUUID()}.part`;
  try {
    await writeFile(part, text);
    await rename(part, path);
  } catch (error) {
    await unlink(part).catch(() => undefined);
    throw error;
  }
}

/** Whether a value is an object or array. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** Whether a value from JSON has an integer `width` and `height`. */
export const isSize = (value: unknown): boolean => isRecord(value) && [value.width, value.height].every(Number.isInteger);

function isMeasured(value: unknown): value is MeasuredModel {
  if (!isRecord(value) || !isRecord(value.meaning) || !isSize(value.window) || !isSize(value.scores)) return false;
  const { meaning, range, fit } = value;
  const kind = ['logits', 'log-softmax', 'probabilities', 'same', 'unknown'].includes(String(meaning.kind));
  const exclusive = meaning.kind !== 'probabilities' || typeof meaning.exclusive === 'boolean';
  const why = meaning.kind !== 'unknown' || typeof meaning.why === 'string';
  const bounds = Array.isArray(range) && range.length === 2;
  const place = fit === undefined || fit === null || fit === 'off the centre' || isFit(fit);
  return kind && exclusive && why && bounds && place;
}

function isFit(fit: unknown): boolean {
  if (!isRecord(fit) || !(Number(fit.factor) > 0)) return false;
  return fit.crop === 'centre' || (isRecord(fit.crop) && [fit.crop.left, fit.crop.top].every(Number.isInteger));
}
