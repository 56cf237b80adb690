import { readRegularText } from '../../io/regular-file.js';
import { readIfShape } from '../../plan/text/shape.js';
import { duration, percent } from '../../terminal/format.js';
import { knownRecord } from '../records/known-record.js';

/** What is told of a run beside its pictures, by name; nothing where there is no record of it. */
export async function runFacts(record: string): Promise<readonly (readonly [string, string])[]> {
  const json = await readRegularText(record).catch(() => undefined);
  const known = json === undefined ? undefined : readIfShape(json, knownRecord);
  if (known === undefined) return [];
  const { model, windows, coverage, seconds, finished, id } = known;
  const settings = known.settings as { readonly [name: string]: unknown };
  const side = (value: unknown): string => {
    const { width, height } = (value ?? {}) as { readonly width?: number; readonly height?: number };
    return width === height ? `${width} px` : `${width} × ${height} px`;
  };
  return [
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
}
