import { SegtileError } from '../../errors.js';
import { modelPixels } from '../card/model.js';
import type { Network } from '../sessions/network.js';
import type { ScoreData, Session } from '../sessions/session.js';
import { type Device, deviceName } from './device.js';
import type { Runtime } from './runtime.js';
import { farthest, trialPixels, trialWindows } from './trial.js';

/** Differences in probability from the CPU up to this are accepted as rounding. */
const mostDifference = 1e-2;

/**
 * Runs the windows of a trial on the CPU.
 *
 * @returns the scores of each of them
 */
export async function scoresOnCpu(network: Network, runtime: Runtime): Promise<readonly Float32Array[]> {
  const { model, window, scores, samples, fixedBatch = 1 } = network;
  const cpu = await runtime.start(network.start(fixedBatch, { provider: 'cpu' }, 'float32'));
  try {
    const pixels = trialPixels(model.samples, window, modelPixels(model).channels, fixedBatch + trialWindows - 1);
    const expected: Float32Array[] = [];
    for (let slot = 0; slot < trialWindows; slot++) {
      const { data } = await cpu.run(pixels.slice(slot * samples, (slot + fixedBatch) * samples));
      expected.push((data as Float32Array).subarray(0, scores));
    }
    return expected;
  } finally {
    await cpu.close();
  }
}

/**
 * Compares the scores that sessions gave for the trial with those of the CPU, window by window.
 *
 * @param expected of {@link scoresOnCpu}
 * @returns the largest difference in probability
 * @throws {SegtileError} `device` if it is more than rounding
 */
export function requireSameScores(
  network: Network,
  opened: readonly { readonly session: Session; readonly device: Device }[],
  batch: number,
  expected: readonly Float32Array[],
): number {
  const { model, scores, output } = network;
  const squash = output === 'logits' ? model.squash : undefined;
  let most = 0;
  for (const { session, device } of opened) {
    for (let slot = 0; slot < batch; slot++) {
      const given = floats(session.first!, slot * scores, scores);
      const away = farthest(given, expected[slot % trialWindows]!, model.channels, squash);
      most = Math.max(most, away);
      if (away > mostDifference)
        throw new SegtileError(
          'device',
          `${model.path} gives other scores on ${deviceName(device)} than on the CPU: they differ by up to ${away.toFixed(4)} in probability, expected at most ${mostDifference}`,
          'use --device cpu, or --no-verify to accept the difference',
        );
    }
  }
  return most;
}

function floats(data: ScoreData, from: number, length: number): Float32Array {
  if (data instanceof Float32Array) return data.subarray(from, from + length);
  return Float32Array.from(data.subarray(from, from + length), (value) => value / 255);
}
