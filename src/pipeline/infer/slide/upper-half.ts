import { rm } from 'node:fs/promises';
import type { Ensemble } from '../../../model/card/ensemble.js';
import type { Piece } from '../../../plan/windows/piece.js';
import { findStrips, readStrips, type StripFile, type StripsFound } from '../../../strip/file.js';
import { joinColumns } from '../../../strip/join.js';
import type { Crossing, ScoreKind } from '../../../strip/strip.js';
import type { Truth } from '../../../truth/truth.js';
import type { Span } from '../../../types.js';
import { pieceTotal } from '../../prepare/models/passes.js';
import type { SlidePlan } from '../../prepare/plan-slide.js';
import { blendedLogits, type ReadyModel, type RunSettings } from '../../prepare/run-settings.js';
import { versions } from '../../records/machine.js';
import type { StageClock } from '../../records/stage-clock.js';
import type { RunKey } from '../../resume/key.js';
import { columnStripsPath } from '../../resume/leftovers.js';
import { openRunStrips } from '../../resume/run-strips.js';
import type { StripsOf } from '../../resume/strips-of.js';
import { type InferSettings, inferStrips } from '../infer.js';
import type { StripNeeds } from '../label-strips.js';
import type { WindowLook } from '../scores/stages.js';

/** What the outputs need of the strips of a run. */
export interface WantedStrips extends StripNeeds {
  /** The precision with which scores are kept, if any are. */
  readonly kind: ScoreKind;
  readonly look: WindowLook | undefined;
}

/** What is needed to make the strips of a piece of a slide. */
export interface UpperJob {
  readonly plan: SlidePlan;
  readonly model: Ensemble;
  readonly pool: ReadyModel;
  readonly settings: RunSettings;
  readonly key: RunKey;
  readonly wanted: WantedStrips;
  readonly region: Truth | undefined;
  readonly piece: Piece;
  /**
   * The columns that are made one after the other so that they fit in memory; a single one, as wide as the piece, if
   * all of it fits.
   */
  readonly columns: readonly Span[];
  /** Whether to resume from the strips of an earlier run. */
  readonly resume: boolean;
  /** Where the strips are kept, and what was found there, if the run resumes from it. */
  readonly path: string;
  readonly found: StripsFound | undefined;
  /** Other data for the code that reads the strips. */
  readonly more: object;
}

/** The strips of a piece that is being made. */
export interface UpperHalf {
  readonly strips: StripFile;
  /** The strips that an earlier run kept, then the strips that are made now, which are kept as well. */
  readonly crossing: AsyncGenerator<Crossing, void, undefined>;
}

/**
 * Opens the upper half of the pipeline for a piece: everything from pixels to strips, which are kept in a file.
 *
 * @param onWindow called with the number of finished windows and the number to run: first with 0, then after each
 *   window
 * @throws {SegtileError} `output` if there are strips of another run, or they cannot be written
 */
export async function openUpperHalf(
  job: UpperJob,
  clock: StageClock,
  onWindow: (done: number, total: number) => void,
  signal: AbortSignal,
): Promise<UpperHalf> {
  const { piece, columns, path, found, more } = job;
  // Finished columns are joined again, which is cheap. So a file of partly joined columns is not used.
  const useful = columns.length > 1 && found?.rows !== piece.y + piece.height ? undefined : found;
  const { file, said } = await openRunStrips(path, { ...headOf(job), piece, more: { ...more, of: shownBy(job) } }, useful);
  if (said !== undefined) job.settings.note?.(`${job.plan.slide.path}: ${said}`);
  return { strips: file, crossing: crossingOf(job, file, clock, onWindow, signal) };
}

function headOf({ key, pool, wanted }: UpperJob) {
  const { segtile = '', onnxruntime = '' } = versions();
  return { facts: { ...key, segtile, onnxruntime, provider: pool.provider }, scores: wanted.kind } as const;
}

function shownBy({ plan: { slide, view }, model: { classes } }: UpperJob): StripsOf {
  const { width, height, spans } = view;
  return {
    slide: { path: slide.path, width: slide.width, height: slide.height },
    working: { width, height },
    spans: { width: spans.width, height: spans.height },
    classes: classes.map(({ label, name, color }) => ({ label, name, color })),
  };
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
    // Awaited after the item was yielded. Until then a failure must not count as unhandled.
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

/** Runs columns one after the other, each into its own file, then joins them side by side. */
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
    const { file } = await openRunStrips(paths[index]!, { ...headOf(job), piece: own, more: { of: shownBy(job) } }, found);
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
