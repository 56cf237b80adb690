import { rm } from 'node:fs/promises';
import type { Ensemble } from '../../../model/card/ensemble.js';
import type { Piece } from '../../../plan/windows/piece.js';
import { findStrips, readStrips, type StripFile, type StripsFound, stripsAbove } from '../../../strip/file.js';
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
import { columnStrips, columnStripsPath } from '../../resume/leftovers.js';
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
  const { piece, columns, path, more, settings } = job;
  const head = { ...headOf(job), piece, more: { ...more, of: shownBy(job) } };
  const { file, said } = await openRunStrips(path, head, columns.length === 1 ? job.found : await beforeColumns(job));
  const note = (sentence: string): void => settings.note?.(`${job.plan.slide.path}: ${sentence}`);
  if (said !== undefined) note(said);
  if (await hasOtherColumns(job, file)) note('what was done in another number of columns is done again');
  return { strips: file, crossing: crossingOf(job, file, clock, onWindow, note, signal) };
}

/**
 * What a run in columns can use of the strips of all columns. They end where an earlier run began with columns, of which
 * some rows may have been joined: joining them again is cheap.
 */
async function beforeColumns({ piece, columns, path, found }: UpperJob): Promise<StripsFound | undefined> {
  if (found === undefined || found.rows === piece.y + piece.height) return found;
  const begun = await findStrips(columnStripsPath(path, 1, columns.length));
  const y = begun?.head.piece?.y ?? found.rows;
  if (y === piece.y) return undefined;
  return stripsAbove(found, y) ?? found;
}

/** Whether there are strips of columns that this run cannot use, as it has more or less memory than the run that made them. */
async function hasOtherColumns({ piece, columns, path, resume }: UpperJob, { rows }: StripFile): Promise<boolean> {
  if (!resume || rows === piece.y + piece.height) return false;
  const own = columns.length === 1 ? [] : columns.map((_, index) => columnStripsPath(path, index + 1, columns.length));
  return (await columnStrips(path)).some((each) => !own.includes(each));
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
  note: (sentence: string) => void,
  signal: AbortSignal,
): AsyncGenerator<Crossing, void, undefined> {
  const { piece, columns, path, wanted } = job;
  const left = { ...piece, y: strips.rows, height: piece.y + piece.height - strips.rows };
  yield* clock.stream('strips', strips.read());
  if (left.height > 0) {
    const making =
      columns.length === 1
        ? madeOf(job, left, clock, onWindow, signal)
        : madeOfColumns(job, left, clock, onWindow, note, signal);
    for await (const each of making) {
      const kept = strips.append(wanted.passing ? each : withOwnLabels(each));
      // Awaited after the item was yielded. Until then a failure must not count as unhandled.
      kept.catch(() => undefined);
      yield each;
      await clock.wait('strips', kept);
    }
  }
  const joined = await columnStrips(path);
  // They are removed only when the disk has what was made of them.
  if (joined.length > 0) await strips.flush();
  for (const each of joined) await rm(each, { force: true });
}

/** A strip whose labels stay as they are, whatever is done with those of the original. */
function withOwnLabels(crossing: Crossing): Crossing {
  if (crossing.kind !== 'strip' || !crossing.labels) return crossing;
  return { ...crossing, labels: { ...crossing.labels, data: crossing.labels.data.slice() } };
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

/** Runs columns of a piece one after the other, each into its own file, then joins them side by side. */
async function* madeOfColumns(
  job: UpperJob,
  piece: Piece,
  clock: StageClock,
  onWindow: (done: number, total: number) => void,
  note: (sentence: string) => void,
  signal: AbortSignal,
): AsyncGenerator<Crossing, void, undefined> {
  const { columns, path, settings, plan, wanted } = job;
  const pieces = columns.map(({ start, length }) => ({ ...piece, x: start, width: length }));
  const totals = pieces.map((each) => pieceTotal(plan, settings.blend, each, wanted.look !== undefined));
  const total = totals.reduce((sum, each) => sum + each, 0);
  const paths = pieces.map((_, index) => columnStripsPath(path, index + 1, pieces.length));
  for (const [index, own] of pieces.entries()) {
    const found = job.resume ? await findStrips(paths[index]!) : undefined;
    const head = { ...headOf(job), piece: own, more: { of: shownBy(job) } };
    const { file, said } = await openRunStrips(paths[index]!, head, found);
    try {
      const left = { ...own, y: file.rows, height: own.y + own.height - file.rows };
      if (said !== undefined) note(`column ${index + 1} of ${pieces.length} ${left.height === 0 ? 'is done' : said}`);
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
}
