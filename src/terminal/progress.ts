import { createRequire } from 'node:module';
import type * as CliProgress from 'cli-progress';
import { count, duration, figure, percent } from './format.js';
import { oneLine, visible } from './visible.js';

/** The progress of a stage of work. Units are what the stage counts, such as windows; pixels are those processed so far. */
export interface ProgressState {
  readonly done: number;
  readonly total: number;
  /** Working pixels that the finished units stand for. Absent for work that is not measured in pixels. */
  readonly pixels?: number;
}

/** The progress display of one stage, such as the windows of one slide. */
export interface StageProgress {
  update(state: ProgressState): void;
  /** Removes the stage from the screen. */
  stop(): void;
}

/** The stream on which progress is shown. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
  /** The terminal itself, for moving its cursor; needed if `write` filters such control characters. */
  readonly terminal?: NodeJS.WritableStream;
}

/** Shows progress: bars on a terminal, a plain line every few seconds elsewhere, nothing if quiet. */
export interface Progress {
  /** @param note is shown after the figures, such as the share of windows skipped */
  stage(name: string, unit: string, note?: string): StageProgress;
}

/** Milliseconds between two plain lines. */
const LINE_INTERVAL = 5000;

/** Progress on a stream. */
export function createProgress(stream: ProgressStream, quiet: boolean): Progress {
  if (quiet) return { stage: () => ({ update: () => {}, stop: () => {} }) };
  return {
    stage: (text, unit, note) => {
      const name = visible(oneLine(text));
      return stream.isTTY ? bar(stream, name, unit, note) : lines(stream, name, unit, note);
    },
  };
}

/** Rates, and the time left, from the time since the first update, so that preparation does not count. */
interface Meter {
  /** Notes the first update. */
  see(state: ProgressState): void;
  figures(state: ProgressState): { readonly rates: readonly string[]; readonly left: string };
}

function meter(unit: string): Meter {
  let first: { readonly time: number; readonly state: ProgressState } | undefined;
  const now = (): number => performance.now() / 1000;
  return {
    see(state) {
      first ??= { time: now(), state };
    },
    figures(state) {
      const { time, state: start } = first!;
      const seconds = now() - time;
      const rate = (state.done - start.done) / seconds;
      const megapixels = ((state.pixels ?? 0) - (start.pixels ?? 0)) / 1e6 / seconds;
      const known = seconds > 0.2 && rate > 0;
      return {
        rates: [
          `${known ? figure(rate) : '...'} ${unit}/s`,
          ...(state.pixels === undefined ? [] : [`${known ? figure(megapixels) : '...'} MPix/s`]),
        ],
        left: known ? `${duration((state.total - state.done) / rate)} left` : '',
      };
    },
  };
}

function bar(stream: ProgressStream, name: string, unit: string, note: string | undefined): StageProgress {
  const measure = meter(unit);
  // Loaded only if there is a terminal.
  const { SingleBar } = createRequire(import.meta.url)('cli-progress') as typeof CliProgress;
  const single = new SingleBar({
    format: `{name} [{bar}] {value}/{total} ${unit} | {rates}${note ? ` | ${note}` : ''} | {left}`,
    barsize: 24,
    barCompleteChar: '=',
    barIncompleteChar: '-',
    hideCursor: true,
    clearOnComplete: true,
    stopOnComplete: false,
    fps: 8,
    stream: stream.terminal ?? (stream as NodeJS.WritableStream),
    gracefulExit: false,
  });
  let started = false;
  return {
    update(state) {
      measure.see(state);
      const { rates, left } = measure.figures(state);
      const figures = { name, rates: rates.join(' | '), left };
      if (!started) {
        started = true;
        single.start(state.total, state.done, figures);
      }
      single.update(state.done, figures);
    },
    stop() {
      if (started) single.stop();
    },
  };
}

function lines(stream: ProgressStream, name: string, unit: string, note: string | undefined): StageProgress {
  const measure = meter(unit);
  let shown = performance.now();
  return {
    update(state) {
      measure.see(state);
      if (performance.now() - shown < LINE_INTERVAL) return;
      shown = performance.now();
      const figures = measure.figures(state);
      const parts = [
        `${name}: ${count(state.done)} of ${count(state.total)} ${unit} (${percent(state.done / state.total)})`,
        ...figures.rates,
        note,
        figures.left,
      ];
      stream.write(`${parts.filter(Boolean).join(', ')}\n`);
    },
    stop() {},
  };
}
