import { readRegularText } from '../../io/regular-file.js';
import { readIfShape } from '../../plan/text/shape.js';
import { duration, percent } from '../../terminal/format.js';
import type { RunCard } from '../../view/messages.js';
import { knownRecord } from '../records/known-record.js';

/**
 * Facts about a run to show beside its pictures, by name; whether it was a run of `infer`; and whether it had a region.
 * Empty if it has no record.
 */
export async function runFacts(record: string): Promise<Pick<RunCard, 'facts' | 'looked' | 'region'>> {
  const json = await readRegularText(record).catch(() => undefined);
  const known = json === undefined ? undefined : readIfShape(json, knownRecord);
  if (known === undefined) return { facts: [], looked: false, region: false };
  const { model, windows, coverage, seconds, finished, id } = known;
  const settings = known.settings as { readonly [name: string]: unknown };
  const side = (value: unknown): string => {
    const { width, height } = (value ?? {}) as { readonly width?: number; readonly height?: number };
    return width === height ? `${width} px` : `${width} × ${height} px`;
  };
  const facts: RunCard['facts'] = [
    ['run', id],
    ['finished', finished.slice(0, 16).replace('T', ' ')],
    ['model', model.name],
    ['window', side(settings.window)],
    ['stride', side(settings.stride)],
    ['margin', `${settings.margin} px`],
    ['blend', String(settings.blend)],
    ['windows', `${windows.run} run, ${windows.skipped} skipped`],
    ['covered', percent(coverage)],
    ['took', duration(seconds.total ?? 0)],
  ];
  return { facts, looked: true, region: typeof settings.region === 'object' && settings.region !== null };
}
