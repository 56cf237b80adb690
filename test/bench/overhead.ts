// Measures how much longer the whole command takes than bare onnxruntime on the same windows: `npm run bench:overhead`.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { unet } from '../model/networks.ts';
import { bareSeconds } from './measuring/bare.ts';
import { segtileInfer } from './measuring/command.ts';
import { machine, median, table } from './measuring/figures.ts';
import { tissueTexture, writeSlide } from './pictures/slides.ts';

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: '8192' },
    repeats: { type: 'string', default: '9' },
    workers: { type: 'string', default: String(availableParallelism()) },
    gflop: { type: 'string', default: '2.06' },
    profile: { type: 'string' },
  },
});
const [size, repeats, workers] = [Number(values.size), Number(values.repeats), Number(values.workers)];
const window = 512;
const perSide = Math.ceil((size - window) / (window / 2)) + 1;
const runs = perSide ** 2;

const folder = mkdtempSync(join(tmpdir(), 'segtile-overhead-'));
try {
  // With this seed the mask is tissue with nuclei as holes, so it has as many borders as a real one.
  const network = unet(Number(values.gflop), { seed: 7 });
  const model = join(folder, 'unet.onnx');
  writeFileSync(model, network);
  const slide = join(folder, 'slide.tif');
  const texture = tissueTexture();
  await writeSlide(slide, texture, { width: size, height: size });
  const inputs = [0, 100, 200, 300, 400, 480].map((from) => planes(texture.data, texture.width, from));
  const options = ['--model', model, '--window', String(window), '--activation', 'sigmoid', '--workers', String(workers)];
  const nodeOptions = values.profile ? ['--cpu-prof', `--cpu-prof-dir=${values.profile}`] : [];

  console.log(`${size} × ${size} px, ${runs} windows of ${window} px, ${values.gflop} GFLOP each, ${workers} workers`);
  console.log(machine());
  // The speed of a shared machine drifts, so each command runs between two reference runs and is compared with their mean.
  const reference = (): ReturnType<typeof bareSeconds> => bareSeconds({ network, window, inputs, runs }, workers);
  const rounds = [];
  let before = await reference();
  for (let round = 0; round < repeats; round++) {
    const command = await segtileInfer(slide, join(folder, 'out'), options, nodeOptions);
    if (command.record.windows.run !== runs) throw new Error(`${command.record.windows.run} windows were run, not ${runs}`);
    const after = await reference();
    const bare = { wall: (before.wall + after.wall) / 2, cpu: (before.cpu + after.cpu) / 2 };
    rounds.push({ bare, command });
    before = after;
  }

  const seconds = (value: number): string => value.toFixed(2);
  console.log(
    table(
      ['round', 'bare, s', 'command, s', 'ratio', 'bare, CPU s', 'command, CPU s', 'ratio of CPU', 'stages, s'],
      rounds.map(({ bare, command }, index) => [
        index === 0 ? '1 (cold)' : String(index + 1),
        seconds(bare.wall),
        seconds(command.wallSeconds),
        (command.wallSeconds / bare.wall).toFixed(3),
        seconds(bare.cpu),
        seconds(command.cpuSeconds),
        (command.cpuSeconds / bare.cpu).toFixed(3),
        Object.entries(command.record.seconds)
          .map(([stage, spent]) => `${stage} ${spent.toFixed(2)}`)
          .join(', '),
      ]),
    ),
  );
  const ratios = rounds.map(({ bare, command }) => command.wallSeconds / bare.wall);
  const cpuRatio = median(rounds.map(({ bare, command }) => command.cpuSeconds / bare.cpu));
  const range = `${Math.min(...ratios).toFixed(3)} to ${Math.max(...ratios).toFixed(3)}`;
  console.log(`median ratio of ${repeats} rounds: ${median(ratios).toFixed(3)} (${range}; CPU time ${cpuRatio.toFixed(3)})`);
} finally {
  rmSync(folder, { recursive: true });
}

/** A square of the texture as the network's input: planes of samples from 0 to 1. */
function planes(data: Uint8Array, width: number, from: number): Float32Array {
  const plane = window * window;
  const input = new Float32Array(3 * plane);
  for (let y = 0; y < window; y++) {
    for (let x = 0; x < window; x++) {
      for (let c = 0; c < 3; c++) input[c * plane + y * window + x] = data[((y + from) * width + x + from) * 3 + c]! / 255;
    }
  }
  return input;
}
