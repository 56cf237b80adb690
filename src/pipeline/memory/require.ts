import { SegtileError } from '../../errors.js';
import type { Ensemble } from '../../model/card/ensemble.js';
import { classesWithin, settingsWithin } from '../../plan/memory/fit.js';
import type { KnownForecast, MemoryForecast } from './foretell-run.js';
import { type MemoryLimit, memoryLimit } from './machine.js';
import { inBytes, largestPart, ownerText } from './words.js';

/**
 * Checks that a run fits into the allowed memory: that of `--memory`, otherwise that of the machine.
 *
 * @param budget of `--memory`, in bytes
 * @throws {SegtileError} `usage` if it does not fit, with settings that would; also if there is a budget but no
 *   forecast
 */
export function requireMemory(
  slide: string,
  forecast: MemoryForecast,
  ensemble: Ensemble,
  budget: number | undefined,
  limit: MemoryLimit = memoryLimit(),
): void {
  if ('unknown' in forecast) {
    if (budget === undefined) return;
    throw new SegtileError(
      'usage',
      `--memory cannot be kept to, since the memory of this run cannot be predicted: ${forecast.unknown}`,
      'use --device cpu, or leave out --memory',
    );
  }
  const most = budget ?? limit.bytes;
  const { total } = forecast.foretold;
  if (total <= most) return;
  const who = budget === undefined ? ownerText(limit) : '--memory allows';
  const anyway = budget === undefined ? '; --memory with a larger size lets it try nevertheless' : '';
  throw new SegtileError(
    'usage',
    `${slide} is expected to take ${inBytes(total)} of memory (${largestPart(forecast)}), but ${who} ${inBytes(most)}`,
    `${fittingText(forecast, ensemble, most)}${anyway}`,
  );
}

/** The settings that would fit, in words. */
function fittingText({ shape }: KnownForecast, { members }: Ensemble, budget: number): string {
  const isFixed = members.some(({ model }) => model.fixedWindow !== undefined);
  const fitting = settingsWithin(shape, budget, isFixed);
  const classes = classesWithin(shape, budget);
  const fewer = classes > 0 && classes < Math.max(...shape.grids.map(({ channels }) => channels));
  if (!fitting) {
    const narrow = 'a coarser --mpp or --downsample makes the picture narrower';
    return `no window and no number of workers makes it fit${fewer ? `, but ${classes} classes would` : ''}; ${narrow}`;
  }
  const { workers, windowShare, total } = fitting;
  const { width, height } = shape.grids[0]!.window;
  const [across, down] = [width, height].map((side) => Math.floor(side * windowShare));
  const window = windowShare === 1 ? '' : `--window ${across === down ? across : `${across}x${down}`} `;
  const orClasses = fewer ? `; with these windows and --workers 1 a network of ${classes} classes would fit` : '';
  return `${window}--workers ${workers} would take ${inBytes(total)}${orClasses}`;
}
