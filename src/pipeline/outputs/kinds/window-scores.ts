import { SegtileError } from '../../../errors.js';
import { writeText } from '../../../mask/text-file.js';
import { type ScoredWindow, windowCsv, windowGeojson } from '../../../mask/window-scores.js';
import { identifier } from '../../../objects/identity.js';
import { emptyLabelCount, labelRows } from '../../../plan/labels/labels.js';
import { squashed } from '../../../plan/scores/squash.js';
import { windowAt } from '../../../plan/windows/grid.js';
import type { Box, Window } from '../../../types.js';
import type { WindowLook } from '../../infer/scores/stages.js';
import { blendedLogits } from '../../prepare/run-settings.js';
import type { Keep } from '../../records/files-and-record.js';
import type { LookNeeds, Making, OutputFile, RunResult } from '../output.js';

/** A format in which the scores of windows are written. */
export type WindowScoreFormat = 'csv' | 'geojson';

/** The option that asks for the scores of the windows of a classifier. */
export interface WindowScoreOptions {
  readonly windowScores?: readonly WindowScoreFormat[] | undefined;
}

/** The entry of a record on the scores of windows. */
export interface WindowScoreFacts {
  readonly windows: number;
  readonly paths: Readonly<Partial<Record<WindowScoreFormat, string>>>;
}

const forms = { csv: windowCsv, geojson: windowGeojson } as const;

/** The files of the scores of windows, one for each format. */
export function windowScoreFiles(stem: string, { windowScores = [] }: WindowScoreOptions): OutputFile[] {
  return windowScores.map((format) => ({ title: `windows ${format}`, path: `${stem}.${format}` }));
}

/**
 * Checks that windows have one score for each channel.
 *
 * @throws {SegtileError} `usage` if a model gives scores for pixels, or if there are several grids of windows
 */
export function requireWindowScores(
  { windowScores, reportDisagreement }: WindowScoreOptions & { readonly reportDisagreement?: boolean | undefined },
  { members }: LookNeeds['model'],
  grids: number,
): void {
  if (windowScores === undefined) return;
  const map = members.find(({ model }) => model.task !== 'classification');
  if (map)
    throw new SegtileError(
      'usage',
      `--window-scores are for classifiers, but ${map.model.path} gives scores for pixels`,
      'leave it out: --probabilities writes what the model gives',
    );
  if (grids > 1)
    throw new SegtileError(
      'usage',
      `--window-scores belong to one grid of windows, but scales and models make ${grids}`,
      'leave out --tta-scales, or run models of other windows by themselves',
    );
  if (reportDisagreement)
    throw new SegtileError('usage', '--window-scores and --report-disagreement both look at windows', 'ask for one a run');
}

/** Bytes before the scores of a window: its index in the grid. */
const INDEX = 8;

/** Gets the scores of windows, one for each channel. */
export function lookAtScores({ model, settings, channels }: LookNeeds): WindowLook {
  const squash = blendedLogits(settings, model);
  let found: Uint8Array[] = [];
  return {
    add({ window, data }, counts) {
      if (!counts) return;
      const plane = window.box.width * window.box.height;
      const scores = Float32Array.from({ length: channels }, (_, channel) => data[channel * plane]!);
      const bytes = new Uint8Array(INDEX + 4 * channels);
      const view = new DataView(bytes.buffer);
      view.setFloat64(0, window.index, true);
      const probabilities = squash ? squashed(scores, channels, squash) : scores;
      for (const [channel, value] of probabilities.entries()) view.setFloat32(INDEX + 4 * channel, value, true);
      found.push(bytes);
    },
    take() {
      const taken = Buffer.concat(found);
      found = [];
      return new Uint8Array(taken);
    },
  };
}

/** Writes the scores of all windows that were run, in the order of the grid. */
export async function makeWindowScores(
  stem: string,
  result: RunResult,
  options: WindowScoreOptions,
  keep: Keep,
): Promise<Making<WindowScoreFacts>> {
  const { model, channels, replace } = result;
  const found = new Map<number, Float32Array>();
  const named = model.labels.map((label) => model.classes.find((each) => each.label === label)?.name ?? 'background');
  const { windowScores = [] } = options;
  const files = await Promise.all(
    windowScores.map(async (format) => {
      const path = `${stem}.${format}`;
      return { format, path, text: keep(path, await writeText(path, { replace })) };
    }),
  );
  return {
    gather(bytes) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      for (let at = 0; at < bytes.length; at += INDEX + 4 * channels)
        found.set(
          view.getFloat64(at, true),
          Float32Array.from({ length: channels }, (_, channel) => view.getFloat32(at + INDEX + 4 * channel, true)),
        );
    },
    async facts() {
      const indices = [...found.keys()].sort((a, b) => a - b);
      const scored = scoredWindows(result);
      for (const { format, text } of files) {
        const form = forms[format](named);
        await text.write(form.head);
        for (const [at, index] of indices.entries())
          await text.write(`${at === 0 ? '' : form.between}${form.window(scored(index, found.get(index)!))}`);
        await text.write(indices.length === 0 && format === 'csv' ? '' : form.tail);
      }
      return { windows: indices.length, paths: Object.fromEntries(files.map(({ format, path }) => [format, path])) };
    },
  };
}

/** What is written of a window, given its index in the grid and its probabilities. */
function scoredWindows({ plan, model, settings }: RunResult) {
  const { slide, view, grid } = plan;
  const scale = { x: slide.width / view.spans.width, y: slide.height / view.spans.height };
  const idOf = identifier(`window ${scale.x} ${scale.y}`);
  return (index: number, probabilities: Float32Array): ScoredWindow => {
    const window = windowAt(grid, index);
    const box = atLevelZero(window, scale, slide);
    const corners = [box.x, box.y, box.x + box.width, box.y + box.height];
    const block = { x: 0, y: 0, width: 1, height: 1, classes: probabilities.length, data: probabilities };
    const { data } = labelRows({ y: 0, height: 1, blocks: [block] }, 1, settings.rule, emptyLabelCount());
    return {
      id: idOf([[corners]]),
      box,
      probabilities: [...probabilities],
      class: model.classes.find(({ label }) => label === data[0]),
    };
  };
}

/** What a window sees of the slide, in whole level-0 pixels. */
function atLevelZero({ box }: Window, scale: { x: number; y: number }, slide: { width: number; height: number }): Box {
  const along = (start: number, length: number, by: number, most: number) => {
    const from = Math.max(0, Math.round(start * by));
    return { from, length: Math.min(most, Math.round((start + length) * by)) - from };
  };
  const x = along(box.x, box.width, scale.x, slide.width);
  const y = along(box.y, box.height, scale.y, slide.height);
  return { x: x.from, y: y.from, width: x.length, height: y.length };
}
