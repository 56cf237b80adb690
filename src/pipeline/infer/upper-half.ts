import { rm } from 'node:fs/promises';
import type { Ensemble } from '../../model/card/ensemble.js';
import type { Piece } from '../../plan/windows/piece.js';
import { findStrips, readStrips, type StripFile, type StripsFound } from '../../strip/file.js';
import { joinColumns } from '../../strip/join.js';
import type { Crossing, ScoreKind } from '../../strip/strip.js';
import type { Truth } from '../../truth/truth.js';
import type { Span } from '../../types.js';
import { pieceTotal } from '../prepare/passes.js';
import type { SlidePlan } from '../prepare/plan-slide.js';
import { blendedLogits, type ReadyModel, type RunSettings } from '../prepare/run-settings.js';
import { versions } from '../records/machine.js';
import type { StageClock } from '../records/stage-clock.js';
import type { RunKey } from '../resume/key.js';
import { columnStripsPath } from '../resume/leftovers.js';
import { openRunStrips } from '../resume/run-strips.js';
import { type InferSettings, inferStrips } from './infer.js';
import type { StripNeeds } from './label-strips.js';
import type { WindowLook } from './scores/score.js';

/** What is wanted of the strips of a run. */
export interface WantedStrips extends StripNeeds {
  /** How exactly scores are kept, where any are. */
  readonly kind: ScoreKind;
  readonly look: WindowLook | undefined;
}

/** What makes strips of a piece of a slide. */
export interface UpperJob {
  readonly plan: SlidePlan;
  readonly model: Ensemble;
  readonly pool: ReadyModel;
  readonly settings: RunSettings;
  readonly key: RunKey;
  readonly wanted: WantedStrips;
  readonly region: Truth | undefined;
  readonly piece: Piece;
  /** Columns that are made one after the other, so that they fit in memory; one that is as wide as the piece where all of it does. */
  readonly columns: readonly Span[];
  /** Whether strips of an earlier run are to be gone on with. */
  readonly resume: boolean;
  /** Where the strips are kept, and what was found there, if it is to be gone on with. */
  readonly path: string;
  readonly found: StripsFound | undefined;
  /** What whoever reads the strips wants to know besides. */
  readonly more: object;
}

/** Strips of a piece that is being made. */
export interface UpperHalf {
  readonly strips: StripFile;
  /** What was kept of an earlier run, then what is made now, which is kept as well. */
  readonly crossing: AsyncGenerator<Crossing, void, undefined>;
}

/**
 * Opens the upper half of the main road for a piece: everything down to its strips, which are kept in a file.
 *
 * @param onWindow is called with how many windows are done of those that are run: first with 0, then after each
 * @throws {SegtileError} `output` where strips of another run stand there, or they cannot be written
 */
export async function openUpperHalf(
  job: UpperJob,
  clock: StageClock,
  onWindow: (done: number, total: number) => void,
  signal: AbortSignal,
): Promise<UpperHalf> {
  const { piece, columns, path, found, more } = job;
  // Columns that are whole are joined anew: that is cheap.
  const useful = columns.length > 1 && found?.rows !== piece.y + piece.height ? undefined : found;
  const { file, said } = await openRunStrips(path, { ...headOf(job), piece, more }, useful);
  if (said !== undefined) job.settings.note?.(`${job.plan.slide.path}: ${said}`);
  return { strips: file, crossing: crossingOf(job, file, clock, onWindow, signal) };
}

function headOf({ key, pool, wanted }: UpperJob) {
  const { segtile = '', onnxruntime = '' } = versions();
  return { facts: { ...key, segtile, onnxruntime, provider: pool.provider }, scores: wanted.kind } as const;
}

async function* crossingOf(
  job: UpperJob,
  strips: StripFile,
  clock: StageClock,
  onWindow: (done: number, total: number) => void,
  signal: AbortSignal,
): AsyncGenerator<Crossing, void, undefined> {
  const { piece, columns } = job;
  const left = { ...piece, y: strips.rows, height: piece.y + piece.height - strips.rows };
  const making =
    columns.length === 1 ? madeOf(job, left, clock, onWindow, signal) : madeOfColumns(job, clock, onWindow, signal);
  yield* clock.stream('strips', strips.read());
  if (left.height === 0) return;
  for await (const each of making) {
    const kept = strips.append(each);
    // Awaited once it was handed on; until then a failure must not count as unhandled.
    kept.catch(() => undefined);
    yield each;
    await clock.wait('strips', kept);
  }
}

/** Runs a piece. */
function madeOf(
  { plan, model, pool, settings, wanted, region }: UpperJob,
  piece: Piece,
  clock: StageClock,
  onWindow: (done: number, total: number) => void,
  signal: AbortSignal,
): AsyncGenerator<Crossing, void, undefined> {
  const { note, nan, blend, rule } = settings;
  const { look } = wanted;
  const squash = blendedLogits(settings, model);
  const given: InferSettings = { look, note, nan, channels: model.channels, blend, squash, rule, region };
  const total = pieceTotal(plan, blend, piece, look !== undefined);
  onWindow(0, total);
  const counted = (done: number): void => onWindow(done, total);
  return inferStrips(plan, pool.streams, given, piece, wanted, clock, counted, signal);
}

/** Runs columns one after the other, each into a file of its own, then puts them side by side. */
async function* madeOfColumns(
  job: UpperJob,
  clock: StageClock,
  onWindow: (done: number, total: number) => void,
  signal: AbortSignal,
): AsyncGenerator<Crossing, void, undefined> {
  const { piece, columns, path, settings, plan, wanted } = job;
  const pieces = columns.map(({ start, length }) => ({ ...piece, x: start, width: length }));
  const totals = pieces.map((each) => pieceTotal(plan, settings.blend, each, wanted.look !== undefined));
  const total = totals.reduce((sum, each) => sum + each, 0);
  const paths = pieces.map((_, index) => columnStripsPath(path, index + 1, pieces.length));
  for (const [index, own] of pieces.entries()) {
    const found = job.resume ? await findStrips(paths[index]!) : undefined;
    const { file } = await openRunStrips(paths[index]!, { ...headOf(job), piece: own, more: {} }, found);
    try {
      const left = { ...own, y: file.rows, height: own.y + own.height - file.rows };
      const end = totals.slice(0, index + 1).reduce((sum, each) => sum + each, 0);
      const due = pieceTotal(plan, settings.blend, left, wanted.look !== undefined);
      const counted = (done: number): void => onWindow(end - due + done, total);
      if (left.height === 0) continue;
      for await (const each of madeOf(job, left, clock, counted, signal)) await clock.wait('strips', file.append(each));
    } finally {
      await file.close();
    }
  }
  const whole = await Promise.all(paths.map((each) => findStrips(each)));
  yield* joinColumns(whole.map((each, index) => ({ piece: pieces[index]!, strips: readStrips(paths[index]!, each!) })));
  for (const each of paths) await rm(each, { force: true });
}
