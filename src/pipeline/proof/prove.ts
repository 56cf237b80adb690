import type { Ensemble } from '../../model/card/ensemble.js';
import { drawnSquares } from '../../plan/sampling/squares.js';
import { probabilities } from '../../plan/scores/squash.js';
import type { Blend } from '../../plan/windows/blend.js';
import { denseGeometry } from '../../plan/windows/cheapest.js';
import { createGrid, type Grid } from '../../plan/windows/grid.js';
import { type Piece, pieceWindows } from '../../plan/windows/piece.js';
import { selectWindows } from '../../plan/windows/selection.js';
import { addDifference, scoreDifference } from '../../stitch/difference.js';
import type { ScoreBlock, ScoreRows } from '../../types.js';
import { scoreStreams } from '../infer/scores/score-streams.js';
import type { SlidePlan } from '../prepare/plan-slide.js';
import { blendedLogits, type ReadyModel, type RunSettings } from '../prepare/run-settings.js';
import { createStageClock } from '../records/stage-clock.js';
import { noProof, type ProofCount } from './facts.js';

/** A run whose windows are to be compared with those of the dense way. */
export interface ProofJob {
  readonly plan: SlidePlan;
  readonly model: Ensemble;
  readonly pool: ReadyModel;
  readonly settings: RunSettings;
}

/**
 * How many windows the dense way runs for the sample: 1 % of those of the plan, at least 16. Of a plan of fewer than 160
 * windows it is a tenth.
 */
const SHARE = 0.01;
const FEWEST = 16;
const LARGEST_SHARE = 1 / 10;

/** How many squares tell what one takes. */
const SEEN = 8;

/** The weights of overlapping windows in the dense way. */
const DENSE_BLEND: Blend = 'gaussian';

/** A square of the sample, and how many windows the dense way runs for it. */
interface SampleSquare {
  readonly square: Piece;
  readonly windows: number;
}

/**
 * Runs a sample of a slide in two ways, as the plan says and the dense way: windows of the same size that overlap by
 * half, with gaussian weights. Compares probabilities and labels. The sample depends on the plan alone, and each square
 * is run by itself, so the findings depend neither on the number of workers nor on where a run was stopped. Nothing of it
 * goes into the mask.
 *
 * @param sample from {@link sampleOf}
 * @param piece only squares that begin in it; shards of a slide together have the whole sample
 */
export async function prove(
  job: ProofJob,
  sample: readonly SampleSquare[],
  piece: Piece,
  signal: AbortSignal,
): Promise<ProofCount> {
  const { plan, model, pool, settings } = job;
  const dense = densePlan(plan);
  const blend = denseBlend(model);
  let found = noProof;
  for (const { square, windows } of sample) {
    if (!beginsIn(square, piece)) continue;
    const scored = (by: SlidePlan, how: Blend): Promise<ScoreBlock> =>
      blockOf(
        scoreStreams(
          by,
          pool.streams,
          { channels: model.channels, blend: how, piece: square, nan: 'skip' },
          createStageClock(),
          () => undefined,
          signal,
        ),
        square,
        job,
      );
    const [own, other] = await Promise.all([scored(plan, settings.blend), scored(dense, blend)]);
    const difference = addDifference(found, scoreDifference(own, other, settings.rule));
    found = { ...difference, squares: found.squares + 1, windows: found.windows + windows };
  }
  return found;
}

function beginsIn({ x, y }: Piece, piece: Piece): boolean {
  return x >= piece.x && x < piece.x + piece.width && y >= piece.y && y < piece.y + piece.height;
}

function denseBlend({ members }: Ensemble): Blend {
  // Labels cannot be averaged.
  return members[0]!.model.decision === undefined ? DENSE_BLEND : 'none';
}

/**
 * The squares of the sample.
 *
 * @param isAsked whether the user wants a sample whatever it costs: then there is at least one square. Otherwise there is
 *   none if squares take more than a tenth of the windows of the plan
 */
export function sampleOf(plan: SlidePlan, model: Ensemble, isAsked: boolean): readonly SampleSquare[] {
  const { keptCount } = plan.selection;
  const most = LARGEST_SHARE * keptCount;
  const wanted = Math.max(SHARE * keptCount, Math.min(FEWEST, most));
  const dense = densePlan(plan);
  const drawn: SampleSquare[] = [];
  let total = 0;
  for (const square of drawnSquares(plan.grid.size, plan.selection)) {
    if (total >= wanted && drawn.length >= SEEN) break;
    const windows = pieceWindows(dense.grid, dense.selection, denseBlend(model), square, false).total;
    total += windows;
    drawn.push({ square, windows });
  }
  // Squares at the border take few windows, and alone they would prove little.
  const isDear = drawn.slice(0, SEEN).some(({ windows }) => windows > most);
  if (isDear && !isAsked) return [];
  let taken = 0;
  const last = drawn.findIndex(({ windows }) => {
    taken += windows;
    return taken >= wanted;
  });
  return drawn.slice(0, last === -1 ? drawn.length : Math.max(1, taken > most ? last : last + 1));
}

/** The same plan with windows that overlap by half, none of which is skipped. */
function densePlan(plan: SlidePlan): SlidePlan {
  const densely = ({ grid }: { readonly grid: Grid }) => {
    const { size, border, placement, window, stride, margin, phase } = grid;
    const laid = createGrid({
      size,
      border,
      ...(placement && { placement }),
      ...denseGeometry({ window, stride, margin, phase }),
    });
    return { grid: laid, selection: selectWindows(laid, () => true) };
  };
  return { ...plan, ...densely(plan), others: plan.others.map(densely) };
}

/** The probabilities of a square, NaN where no window was run. */
async function blockOf(rows: AsyncIterable<ScoreRows>, square: Piece, { model, settings }: ProofJob): Promise<ScoreBlock> {
  const { x, y, width, height } = square;
  const classes = settings.rule.labels.length;
  const data = new Float32Array(classes * width * height).fill(Number.NaN);
  const squash = blendedLogits(settings, model);
  for await (const each of rows) {
    if (squash) probabilities(each, squash);
    for (const block of each.blocks) {
      for (let c = 0; c < classes; c++) {
        for (let row = 0; row < block.height; row++) {
          const from = (c * block.height + row) * block.width;
          data.set(block.data.subarray(from, from + block.width), (c * height + block.y - y + row) * width + block.x - x);
        }
      }
    }
  }
  return { x, y, width, height, classes, data };
}
