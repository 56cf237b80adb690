import type { Ensemble } from '../../model/card/ensemble.js';
import type { WindowGroup } from '../../model/card/groups.js';
import { type Model, modelPixels } from '../../model/card/model.js';
import { autoDevices, refuseUnavailable } from '../../model/devices/available.js';
import { parseDevices } from '../../model/devices/device.js';
import { measureWorker } from '../../model/measured/worker-memory.js';
import { batchesInHand } from '../../model/sessions/batches.js';
import { defaultWorkers } from '../../model/sessions/pool-options.js';
import {
  type ForetoldMemory,
  foretellMemory,
  type GridShape,
  type MemoryShape,
  type WorkersShape,
} from '../../plan/memory/foretell.js';
import { BLOCK_WIDTH, ringOf } from '../../plan/memory/ring.js';
import { symmetriesOf } from '../../plan/windows/symmetry.js';
import { bytesOfSample } from '../../tiff/samples/native.js';
import type { Span } from '../../types.js';
import { stitchedColumns } from '../infer/stitching/columns.js';
import { maskSize } from '../prepare/mask-size.js';
import { windowCounts } from '../prepare/models/passes.js';
import type { InferOptions } from '../prepare/options.js';
import type { SlidePlan } from '../prepare/plan-slide.js';
import { OVERVIEW_SIDE } from '../tissue/tissue.js';
import type { Allowance } from './machine.js';

/** The expected peak memory of a run, and the figures that it follows from. */
export interface KnownForecast {
  readonly shape: MemoryShape;
  readonly foretold: ForetoldMemory;
  /** The columns that are made one after the other, if all columns together do not fit. */
  readonly columns?: readonly Span[];
  /** What it may take, and fits into. */
  readonly allowed?: Allowance;
}

/** Why no forecast is possible. */
export interface Unforetold {
  readonly unknown: string;
}

/** The forecast of the memory of a run. */
export type MemoryForecast = KnownForecast | Unforetold;

/** Rows of a band that is decoded at once: about enough for this many pixels, within these limits. */
const BAND = { least: 256, most: 1024, pixels: 2 ** 22 };

/**
 * The memory of the workers of each network on the CPU. It is measured if it is not known yet.
 *
 * @returns the reason if there is no forecast: networks that run on a GPU use its own memory
 * @throws {SegtileError} as `measureWorker`
 */
export async function workersOf(
  { members }: Ensemble,
  groups: readonly WindowGroup[],
  options: InferOptions,
  signal: AbortSignal,
): Promise<readonly WorkersShape[] | Unforetold> {
  if (!(await runsOnCpu(options))) return { unknown: 'the model runs on a GPU' };
  const { workers: count = defaultWorkers(), blendSpace: output, scoreType } = options;
  const shapes: WorkersShape[] = [];
  for (const [index, { model }] of members.entries()) {
    const { own } = groups.find((group) => group.members.includes(index))!;
    const batch = batchOf(options, model);
    const { window, weightBytes, running } = await measureWorker({ model, window: own, output, scoreType, batch }, signal);
    const times = (own.width * own.height) / (window.width * window.height);
    shapes.push({ count, batch, weightBytes, running: running * times });
  }
  return shapes;
}

/** How many windows go through a network together on the CPU. */
function batchOf({ batch }: InferOptions, { image: { dims } }: Model): number {
  if (typeof batch === 'number') return batch;
  return typeof dims[0] === 'number' ? dims[0] : 1;
}

async function runsOnCpu({ device, requireGpu, allowSoftware }: InferOptions): Promise<boolean> {
  const choice = parseDevices(device);
  if (choice !== 'auto') return choice[0]!.provider === 'cpu';
  if (requireGpu) return false;
  const refused = autoDevices().map((each) =>
    refuseUnavailable(each, allowSoftware).then(
      () => false,
      () => true,
    ),
  );
  return (await Promise.all(refused)).every((isRefused) => isRefused);
}

/**
 * Forecasts the peak memory of a planned run on the CPU.
 *
 * @param networks of {@link workersOf}, in the order of the ensemble
 * @param width of the columns that are made at a time, in working px; the plan must have only their windows; by default
 *   the full width
 */
export function foretellRun(
  plan: SlidePlan,
  { members }: Ensemble,
  groups: readonly WindowGroup[],
  networks: readonly WorkersShape[],
  options: InferOptions,
  width: number = plan.view.width,
): KnownForecast {
  const { view } = plan;
  const rings = [plan, ...plan.others].map(({ grid, selection }) => ringOf(grid, selection, options.blend));
  const { channels, kind } = modelPixels(members[0]!.model);
  const sample = kind === 'picture' ? 1 : bytesOfSample[members[0]!.model.samples];
  const pixelBytes = channels * sample;
  const grids = [plan, ...plan.others].map(({ grid, selection }, index): GridShape => {
    const { own, geometry, channelsOf, members: some } = groups[index]!;
    const isResampled = own.width !== geometry.window.width || own.height !== geometry.window.height;
    return {
      window: grid.window,
      own,
      // Windows reach over the border of the columns, but their scores are not stored there.
      ring: { ...rings[index]!, blocks: Math.min(rings[index]!.blocks, Math.ceil(width / BLOCK_WIDTH)) },
      channels: channelsOf.length,
      inHand: Math.min(
        selection.keptCount,
        Math.max(...some.map((member) => networks[member]!.count * networks[member]!.batch * batchesInHand)),
      ),
      isCopied: isResampled || some.length > 1 || symmetriesOf(options.tta).length > 1,
    };
  });
  const wanted = Math.min(view.width, Math.max(0, ...rings.map(({ blocks }) => blocks * BLOCK_WIDTH)));
  const { level } = view;
  const isLevel = level.width === view.width && level.height === view.height;
  const read = {
    width: (wanted * level.width) / view.width,
    rows: Math.min(level.height, bandRows(level)),
    bytes: Math.max(3, pixelBytes),
  };
  const probabilityBytes = { uint8: 1, float32: 4 }[options.probabilities ?? 'uint8'];
  const windows = windowCounts(plan).run;
  const mask = maskSize(plan, options.outputMpp);
  const scale = Math.min(1, OVERVIEW_SIDE / Math.max(plan.slide.width, plan.slide.height));
  const shape: MemoryShape = {
    // If there are fewer windows than workers, some workers never run.
    networks: networks.map((each) => ({ ...each, running: (each.running * Math.min(each.count, windows)) / each.count })),
    grids,
    read,
    resampledWidth: isLevel ? undefined : wanted,
    pixelBytes,
    workingWidth: width,
    maskWidth: mask.width,
    probabilityRow: options.probabilities === undefined ? 0 : view.width * grids[0]!.channels * probabilityBytes,
    stitchers: stitchedColumns({ x: 0, y: 0, width, height: view.height }).length,
    passing: read.width * level.height * read.bytes + mask.width * mask.height,
    view: {
      pixels: plan.slide.width * plan.slide.height * scale ** 2,
      findsTissue: plan.facts.method !== 'none',
      isShown: options.preview === true,
    },
  };
  return { shape, foretold: foretellMemory(shape) };
}

function bandRows({ width, blockHeight }: { readonly width: number; readonly blockHeight: number }): number {
  const rows = Math.min(BAND.most, Math.max(BAND.least, BAND.pixels / width));
  // TIFF strips that are as high as the picture are read gradually, not as a whole.
  return blockHeight <= BAND.most ? Math.max(rows, blockHeight) : rows;
}
