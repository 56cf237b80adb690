// Compares the scores of one slide on the CPU and on a device:
// `compare.ts <slide> <model> <window> <device> [--allow-software]`.

import { openModel } from '../../../dist/model/measured/open-model.js';
import { openPool, type Pool } from '../../../dist/model/sessions/pool.js';
import { scoreSlide } from '../../../dist/pipeline/infer/scores/score.js';
import { channelRequest } from '../../../dist/pipeline/prepare/models/channel-request.js';
import { planSlide } from '../../../dist/pipeline/prepare/plan-slide.js';
import { createStageClock } from '../../../dist/pipeline/records/stage-clock.js';

const [slide, path, side, device, ...flags] = process.argv.slice(2);
const { model } = await openModel(path!, { activation: 'sigmoid' });
const window = { width: Number(side), height: Number(side) };
const { signal } = new AbortController();
const settings = {
  resolution: undefined,
  slideMpp: undefined,
  request: channelRequest(model),
  window,
  stride: { width: window.width / 2, height: window.height / 2 },
  margin: window.width / 8,
  border: 'keep',
  tissue: { kind: 'none' },
  minTissue: undefined,
} as const;

async function opened(name: string) {
  const options = { window, device: name, output: 'probabilities' } as const;
  const pool: Pool = await openPool(model, {
    ...options,
    allowSoftware: flags.includes('--allow-software'),
    allowCpuNodes: flags.includes('--allow-cpu-nodes'),
  });
  const plan = await planSlide(slide!, settings, undefined, signal);
  const rows = scoreSlide(plan, pool, { channels: model.channels, blend: 'gaussian' }, createStageClock(), () => {}, signal);
  return { pool, rows, close: () => Promise.all([pool.close(), plan.slide.close()]) };
}

const [cpu, gpu] = [await opened('cpu'), await opened(device!)];
let [difference, labels, far, pixels] = [0, 0, 0, 0];
for (;;) {
  const [expected, given] = [await cpu.rows.next(), await gpu.rows.next()];
  if (expected.done || given.done) break;
  for (const [index, block] of expected.value.blocks.entries()) {
    const { data } = given.value.blocks[index]!;
    for (const [i, p] of block.data.entries()) {
      pixels++;
      difference = Math.max(difference, Math.abs(p - data[i]!));
      if (p > 0.5 === data[i]! > 0.5) continue;
      labels++;
      if (Math.abs(p - 0.5) > 1e-3) far++;
    }
  }
}
await Promise.all([cpu.close(), gpu.close()]);
console.log(JSON.stringify({ difference, labels, far, pixels }));
