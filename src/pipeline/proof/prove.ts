import type { Ensemble } from '../../model/card/ensemble.js';
import { drawnSquares } from '../../plan/sampling/squares.js';
import type { Blend } from '../../plan/windows/blend.js';
import { denseGeometry } from '../../plan/windows/cheapest.js';
import { createGrid, type Grid } from '../../plan/windows/grid.js';
import { type Piece, pieceWindows } from '../../plan/windows/piece.js';
import { selectWindows } from '../../plan/windows/selection.js';
import { probabilities } from '../../plan/windows/squash.js';
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
 * How many windows the dense way runs for the sample: 1 % of those of the plan, at least 16. Of a plan of fewer than 256
 * windows it is a sixteenth, but at least one square, so that the sample does not take longer than the slide.
 */
const SHARE = 0.01;
const FEWEST = 16;
const LARGEST_SHARE = 1 / 16;

/** The weights of overlapping windows in the dense way. */
const DENSE_BLEND: Blend = 'gaussian';

/**
 * Runs a sample of a slide in two ways, as the plan says and the dense way: windows of the same size that overlap by
 * half, with gaussian weights. Compares probabilities and labels. The sample depends on the plan alone, and each square
 * is run by itself, so the findings depend neither on the number of workers nor on where a run was stopped. Nothing of it
 * goes into the mask.
 *
 * @param piece only squares that begin in it; shards of a slide together have the whole sample
 */
export async function prove(job: ProofJob, piece: Piece, signal: AbortSignal): Promise<ProofCount> {
  const { plan, model, pool, settings } = job;
  const { decision } = model.members[0]!.model;
  const dense = densePlan(plan);
  // Labels cannot be averaged.
  const blend = decision === undefined ? DENSE_BLEND : 'none';
  let found = noProof;
  for (const { square, windows } of sampleOf(plan, dense, blend)) {
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

/** The squares of the sample, with the number of windows that the dense way runs for each. */
function sampleOf(plan: SlidePlan, dense: SlidePlan, blend: Blend): { square: Piece; windows: number }[] {
  const { keptCount } = plan.selection;
  const wanted = Math.max(SHARE * keptCount, Math.min(FEWEST, LARGEST_SHARE * keptCount));
  const sample: { square: Piece; windows: number }[] = [];
  let total = 0;
  for (const square of drawnSquares(plan.grid.size, plan.selection)) {
    if (total >= wanted) break;
    const windows = pieceWindows(dense.grid, dense.selection, blend, square, false).total;
    total += windows;
    sample.push({ square, windows });
  }
  return sample;
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
