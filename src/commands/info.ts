import { reason, SegtileError } from '../errors.js';
import { bundledModel } from '../model/bundled.js';
import { readCard } from '../model/card.js';
import { described, readModel } from '../model/facts.js';
import { type Model, resolveModel } from '../model/resolve.js';
import { openSlide } from '../slide/open.js';
import type { Slide } from '../slide/slide.js';
import { exitCodeOf, failureText } from '../terminal/failure.js';
import { count, figure, pairs } from '../terminal/format.js';
import { styleFor } from '../terminal/style.js';
import { shownPath } from '../tiff/location.js';
import { mppText } from './infer-words.js';
import type { Shell } from './shell.js';

/** The options of `segtile info`, parsed. */
export interface InfoOptions {
  readonly slideMpp?: number;
  readonly json?: boolean;
}

/** What is known of a file, for programs and for people. */
interface Description {
  readonly facts: object;
  readonly text: string;
}

/**
 * `segtile info`: what is in slides and models, as people need it, and whether segtile can use them.
 *
 * @returns the exit code: 0 when all files can be used, else 1
 */
export async function info(files: readonly string[], options: InfoOptions, { stdout, stderr, signal }: Shell): Promise<number> {
  let exitCode = 0;
  for (const file of files) {
    try {
      const path = bundledModel(file);
      const { facts, text } = /\.onnx$/i.test(path)
        ? await describeModel(path, signal)
        : await describeSlide(path, options, signal);
      stdout.write(options.json ? `${JSON.stringify(facts)}\n` : `${styleFor(stdout).strong(shownPath(path))}\n${text}\n`);
    } catch (error) {
      exitCode = Math.max(exitCode, exitCodeOf(error));
      stderr.write(failureText(error, styleFor(stderr)));
      if (options.json) {
        const { code, hint } = error instanceof SegtileError ? error : { code: 'unexpected', hint: undefined };
        stdout.write(`${JSON.stringify({ path: shownPath(file), error: { code, message: reason(error), hint } })}\n`);
      }
    }
  }
  return exitCode;
}

async function describeSlide(file: string, { slideMpp }: InfoOptions, signal: AbortSignal): Promise<Description> {
  const slide = await openSlide(file, { signal, ...(slideMpp !== undefined && { mpp: slideMpp }) });
  await slide.close();
  const { path, format, width, height, levels, mpp, sampling, associated = [] } = slide;
  const facts = { kind: 'slide', path, format, width, height, mpp: mpp ?? null, sampling, levels, associated, readable: true };
  const physical = mpp && `${figure((width * mpp.x) / 1000)} x ${figure((height * mpp.y) / 1000)} mm`;
  const text = pairs([
    ['format', sampling === undefined ? format : `${format}, ${sampling}`],
    ['size', `${count(width)} x ${count(height)} px${physical ? `, ${physical}` : ''}`],
    ['mpp', mpp ? mppText(slide) : 'unknown: give it with --slide-mpp where a model asks for it'],
    ...levels.map((level) => [`level ${level.index}`, levelText(level)] as const),
    ...associated.map(
      (image) => [image.kind, `${count(image.width)} x ${count(image.height)} px, not part of the pyramid`] as const,
    ),
    ['segtile', 'can read it'],
  ]);
  return { facts, text };
}

function levelText({
  width,
  height,
  downsample,
  layout,
  blockWidth,
  blockHeight,
  compression,
}: Slide['levels'][number]): string {
  const blocks = layout === 'whole' ? 'one piece' : `${layout} of ${count(blockWidth)} x ${count(blockHeight)}`;
  return `${count(width)} x ${count(height)} px, downsample ${figure(downsample)}, ${blocks}, ${compression}`;
}

async function describeModel(path: string, signal: AbortSignal): Promise<Description> {
  const file = await readModel(path, signal);
  const card = await readCard(file);
  const model = resolveModel(file, card);
  const facts = { kind: 'model', ...model, card: card ?? null };
  const text = pairs([
    ['name', model.name],
    ['input', described(file.image, 'input')],
    ['output', described(file.scores, 'output')],
    ['card', card ? 'yes' : 'none: see the notes for what is assumed'],
    ['window', windowText(model)],
    ['mpp', model.mpp === undefined ? 'not stated: runs on level 0 unless told otherwise' : `${figure(model.mpp)} um/px`],
    ['activation', model.activation],
    ...model.classes.map((each) => [`label ${each.label}`, classText(each, model)] as const),
    ['sha256', model.sha256],
    ...model.notes.map((note) => ['note', note] as const),
  ]);
  return { facts, text };
}

function windowText({ fixedWindow, window, margin }: Model): string {
  const margins = margin === undefined ? '' : `, margin ${margin} px`;
  if (fixedWindow) return `${fixedWindow.width} x ${fixedWindow.height} px, fixed by the network${margins}`;
  return `${window === undefined ? 'any' : `any, ${window} px suggested`}${margins}`;
}

function classText({ name, color, threshold }: Model['classes'][number], { exclusive }: Model): string {
  const rule = threshold === undefined ? (exclusive ? 'where its score is the largest' : 'above 0.5') : `above ${threshold}`;
  return `${name}, rgb(${color.join(', ')}), ${rule}`;
}
