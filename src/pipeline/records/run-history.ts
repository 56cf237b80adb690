import { resolve } from 'node:path';
import { flatten } from '../../plan/flatten.js';
import { appendHistory, readHistory } from './history.js';
import type { KnownRecord } from './known-record.js';

/**
 * Adds a finished run to a history.
 *
 * @throws {SegtileError} `output` if it cannot be written
 */
export async function rememberRun(path: string, record: KnownRecord): Promise<void> {
  const { id, finished, slide, model, working, settings, device, windows, coverage, mask, seconds, peakRssBytes } = record;
  await appendHistory(path, {
    kind: 'run',
    id,
    time: finished,
    command: 'infer',
    slide: slide.path,
    result: resolve(mask.path),
    settings: flatten({
      model: { name: model.name, sha256: model.sha256.slice(0, 12) },
      downsample: working.downsample,
      ...settings,
      device,
      segtile: record.versions.segtile,
    }),
    measured: {
      windows: windows.run,
      skipped: windows.skipped,
      coverage,
      seconds: seconds.total ?? 0,
      'peak MB': Math.round(peakRssBytes / 1e6),
    },
  });
}

/** Whether a history has a run. */
export async function isRemembered(path: string, { id }: Pick<KnownRecord, 'id'>): Promise<boolean> {
  const history = await readHistory(path).catch(() => undefined);
  return history?.runs.some((run) => run.id === id) ?? false;
}
