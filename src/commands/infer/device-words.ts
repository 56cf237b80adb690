import type { MeasuredLanes } from '../../model/measured/device-rates.js';
import type { Pool } from '../../model/sessions/pool.js';
import { figure } from '../../terminal/format.js';

/**
 * Says on which devices the models run, and why better ones were refused. Models that run in the same way share a line.
 *
 * @param limit why there are fewer workers than the machine has threads; undefined if there are not
 */
export function deviceText(pools: readonly Pool[], limit: string | undefined): string {
  const lines = new Set(pools.map((pool) => runsOnText(pool, limit)));
  const why = new Set(pools.flatMap(({ device }) => device.refused.map(({ reason }) => reason)));
  return `${[[...lines].join('\n'), ...why].join('; ')}\n`;
}

function runsOnText({ device, workers, batch }: Pool, limit: string | undefined): string {
  const { name, adapter, software, cpuNodes, difference, measured } = device;
  const running = workers();
  const gpu = adapter === null ? '' : ` (${adapter}${software ? ', software' : ''})`;
  const facts = [
    name === 'cpu'
      ? `${running} worker${running === 1 ? '' : 's'}${limit === undefined ? '' : ` as ${limit}`}`
      : `${running} session${running === 1 ? '' : 's'} with batches of ${batch()}${measuredText(measured)}`,
    ...(cpuNodes.length > 0 ? [`${cpuNodes.length} nodes on the CPU`] : []),
    ...(difference === null ? [] : [`scores within ${difference.toExponential(0)} of the CPU`]),
  ];
  return `runs on ${name}${gpu}, ${facts.join(', ')}`;
}

/** How fast a GPU was with what was tried, from which the batch and the number of sessions were chosen. */
function measuredText(measured: MeasuredLanes | null): string {
  if (measured === null) return '';
  const { sessions, batches, before } = measured;
  const [first, ...more] =
    sessions.length > 0
      ? sessions.map((each) => ({ ...each, with: String(each.sessions) }))
      : batches.map((each) => ({ ...each, with: `batches of ${each.batch}` }));
  const rates = more.map((each) => `, ${figure(each.windowsPerSecond)} with ${each.with}`).join('');
  return ` (measured${before ? ' before' : ''}: ${figure(first!.windowsPerSecond)} windows/s with ${first!.with}${rates})`;
}
