import { createHash } from 'node:crypto';
import { modelIdentity } from '../../model/measured/open-model.js';
import { parseGate } from '../gate/gate-option.js';
import { modelsNamed } from '../prepare/models/named-models.js';
import type { InferOptions } from '../prepare/options.js';
import type { Thresholds } from '../prepare/thresholds.js';
import type { SlideValues } from '../slides/values.js';
import type { TissueChoice } from '../tissue/tissue.js';
import { digestOf, fingerprint } from './fingerprint.js';

/** Everything that decides the bytes of a result, by option name. Results with equal keys are the same. */
export type RunKey = Readonly<Record<string, string>>;

/** A file of a result, as its record names it. */
export interface ResultFile {
  /** Its name in the folder of the record. */
  readonly name: string;
  readonly bytes: number;
}

/** Increased when the same options and files give other bytes than before. */
const RESULT_FORMAT = '1';

/**
 * Options that are not part of the key: they do not change the bytes, or the key has the contents of the files that
 * they name instead.
 */
const LEFT_OUT: readonly string[] = [
  ...['output', 'overwrite', 'resume', 'wait', 'history', 'json', 'quiet', 'dryRun', 'previewOnly'],
  ...['workers', 'batch', 'requireGpu', 'allowCpuNodes', 'allowSoftware', 'verify', 'memory', 'shard', 'shardRows'],
  ...['model', 'card', 'threshold', 'tissue', 'roi', 'slideMpp', 'slideMppCsv', 'from', 'gate', 'veto'],
];

/**
 * The part of the key that is the same for all slides.
 *
 * @param windows those that `--plan auto` chose; the key has them instead of the size that the user may have given
 */
export async function keyOfOptions(
  options: InferOptions,
  windows: string | undefined,
  thresholds: Thresholds | undefined,
  signal: AbortSignal,
): Promise<RunKey> {
  const models: string[] = [];
  for (const { path, weight } of await modelsNamed(options)) {
    const model = await modelIdentity(path, options.card, signal);
    models.push(weight === 1 ? model : `${model} weight ${weight}`);
  }
  const judges = async (texts: readonly string[], option: '--gate' | '--veto'): Promise<string> => {
    const known: string[] = [];
    for (const text of texts) {
      const { path, least } = parseGate(text, option);
      known.push(`${await modelIdentity(path, undefined, signal)}:${textOf(least)}`);
    }
    return known.join(', ');
  };
  const isLeftOut = (name: string): boolean => LEFT_OUT.includes(name) || (name === 'window' && windows !== undefined);
  const others = Object.entries(options).filter(([name, value]) => value !== undefined && !isLeftOut(name));
  return {
    format: RESULT_FORMAT,
    model: models.join(', '),
    ...(options.gate && { gate: await judges(options.gate, '--gate') }),
    ...(options.veto && { veto: await judges(options.veto, '--veto') }),
    ...(windows !== undefined && { windows }),
    ...(thresholds && { threshold: textOf(thresholds.values) }),
    ...Object.fromEntries(others.map(([name, value]) => [flagOf(name), textOf(value)])),
  };
}

/**
 * The key of the result of a slide.
 *
 * @throws {SegtileError} `input` if a file cannot be read
 */
export async function keyOf(common: RunKey, slide: string, values: SlideValues, signal: AbortSignal): Promise<RunKey> {
  const { mpp, tissue, roi } = values;
  return {
    slide: await fingerprint(slide, signal),
    ...common,
    tissue: await keyOfTissue(tissue, signal),
    ...(roi && { roi: await digestOf(roi.path, signal) }),
    ...(mpp !== undefined && { 'slide-mpp': textOf(mpp) }),
  };
}

/** What finds tissue: a method, or the hash of a file; for a network also of its card, which says at which resolution it looks. */
async function keyOfTissue(tissue: TissueChoice, signal: AbortSignal): Promise<string> {
  if (!('path' in tissue)) return tissue.kind;
  if (tissue.kind === 'file') return digestOf(tissue.path, signal);
  const identity = judges.get(tissue) ?? modelIdentity(tissue.path, undefined, signal);
  judges.set(tissue, identity);
  return createHash('sha256')
    .update(await identity)
    .digest('hex')
    .slice(0, 32);
}

/** What identifies networks that find tissue. They are read once for all slides, like the models. */
const judges = new WeakMap<TissueChoice, Promise<string>>();

/** A hash of a key: 64 hexadecimal digits. */
export function hashOf(key: RunKey): string {
  return createHash('sha256')
    .update(JSON.stringify(Object.entries(key).sort(([a], [b]) => (a < b ? -1 : 1))))
    .digest('hex');
}

/** The differences between the key of an existing result and another key, in words; empty if there are none. */
export function differences(there: RunKey, now: RunKey): string[] {
  const names = [...new Set([...Object.keys(now), ...Object.keys(there)])];
  return names.filter((name) => there[name] !== now[name]).map((name) => said(name, there[name], now[name]));
}

/** Values that are hashes of files, with the message to show instead. */
const OF_FILES: Readonly<Record<string, string>> = {
  slide: 'the slide is not the same file',
  model: 'the model or its card is not the same',
};

function said(name: string, there: string | undefined, now: string | undefined): string {
  if (name in OF_FILES) return OF_FILES[name]!;
  if (name === 'windows')
    return `--plan auto chose windows of ${there ?? 'no size'} before and of ${now ?? 'no size'} now; --window sets the size that it takes`;
  if (name === 'format') return 'it was made by another version of segtile';
  const isHash = (value: string | undefined): boolean => value !== undefined && /^[0-9a-f]{32}$/.test(value);
  if (isHash(there) && isHash(now)) return `--${name} is another file now`;
  const shown = (value: string | undefined): string => (isHash(value) ? 'a file' : (value ?? 'not given'));
  return `--${name} was ${shown(there)}, is ${shown(now)} now`;
}

function flagOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** An option's value as text. Equal values give equal texts. */
function textOf(value: unknown): string {
  if (value instanceof Map)
    return [...value]
      .sort()
      .map(([name, own]) => `${name}=${textOf(own)}`)
      .join(',');
  if (Array.isArray(value)) return value.map(textOf).join(',');
  if (typeof value !== 'object' || value === null) return String(value);
  const { width, height, unit, ...others } = value as Readonly<Record<string, unknown>>;
  if (width !== undefined && height !== undefined) return `${width}x${height}`;
  return unit === undefined ? JSON.stringify(value) : `${others.value}${unit}`;
}
