// Measures how much longer the whole command takes than bare onnxruntime on the same windows: `npm run bench:overhead`. The
// reference runs the network as it is, and once more as segtile rewrites it for the CPU, so that what the command gains by the
// rewriting is told from what it adds.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { channelBlock } from '../../dist/model/devices/channel-block.js';
import { deviceGraph } from '../../dist/model/graph/cpu/device-graph.js';
import { unet } from '../model/networks.ts';
import { bareSeconds } from './measuring/bare.ts';
import { type Command, segtileInfer } from './measuring/command.ts';
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
/** Time in seconds. */
interface Taken {
  readonly wall: number;
  readonly cpu: number;
}

/** A run of the command, and of bare onnxruntime with the network as it is and as it is rewritten. */
interface Round extends Record<'bare' | 'cheaper', Taken> {
  readonly command: Command;
}

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
  const reference = (graph = network): ReturnType<typeof bareSeconds> =>
    bareSeconds({ network: graph, window, inputs, runs }, workers);
  const rewritten = await deviceGraph(network, { provider: 'cpu' }, () => channelBlock(shapeOf));
  const rounds: Round[] = [];
  let before = await reference();
  for (let round = 0; round < repeats; round++) {
    const command = await segtileInfer(slide, join(folder, 'out'), options, nodeOptions);
    if (command.record.windows.run !== runs) throw new Error(`${command.record.windows.run} windows were run, not ${runs}`);
    const after = await reference();
    const bare = { wall: (before.wall + after.wall) / 2, cpu: (before.cpu + after.cpu) / 2 };
    rounds.push({ bare, command, cheaper: await reference(rewritten) });
    before = after;
  }

  const seconds = (value: number): string => value.toFixed(2);
  console.log(
    table(
      ['round', 'bare, s', 'rewritten, s', 'command, s', 'ratio', 'bare, CPU s', 'command, CPU s', 'ratio of CPU', 'stages, s'],
      rounds.map(({ bare, command, cheaper }, index) => [
        index === 0 ? '1 (cold)' : String(index + 1),
        seconds(bare.wall),
        seconds(cheaper.wall),
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
  say('the network as it is', 'bare');
  say('the network as it is rewritten', 'cheaper');

  function say(what: string, of: 'bare' | 'cheaper'): void {
    const ratios = rounds.map(({ command, [of]: { wall } }) => command.wallSeconds / wall);
    const cpuRatio = median(rounds.map(({ command, [of]: { cpu } }) => command.cpuSeconds / cpu));
    const range = `${Math.min(...ratios).toFixed(3)} to ${Math.max(...ratios).toFixed(3)}`;
    console.log(`${what}: median ratio ${median(ratios).toFixed(3)} of ${repeats} (${range}; CPU time ${cpuRatio.toFixed(3)})`);
  }
} finally {
  rmSync(folder, { recursive: true });
}

/** Runs a graph of one input once, and tells the shape of its output. */
async function shapeOf(graph: Uint8Array, dims: readonly number[]): Promise<{ dims: readonly number[] }> {
  const session = await InferenceSession.create(graph);
  const [input, output] = [session.inputNames[0]!, session.outputNames[0]!];
  const zeros = new Float32Array(dims.reduce((a, b) => a * b, 1));
  const { [output]: given } = await session.run({ [input]: new Tensor('float32', zeros, dims) });
  return given!;
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
