import { reason, SegtileError, throwIfAborted } from '../../errors.js';
import { shownPath } from '../../io/location.js';
import { bundledModel } from '../../model/card/bundled.js';
import { type Model, modelPixels } from '../../model/card/model.js';
import { described } from '../../model/graph/facts.js';
import { openModel } from '../../model/measured/open-model.js';
import { inspectSlide } from '../../slide/open.js';
import type { SlideOptions } from '../../slide/tiff.js';
import { exitCodeOf, failureText } from '../../terminal/failure.js';
import { figure, pairs } from '../../terminal/format.js';
import { styleFor } from '../../terminal/style.js';
import { readSlideFlags, type SlideFlags } from '../options/slide-options.js';
import type { Shell } from '../running/shell.js';
import {
  checkExitCode,
  checkFiles,
  checkWithProgress,
  filesWithin,
  isFolder,
  verdictOf,
  verdictOfSlide,
  worse,
} from './check.js';
import { inspectionFacts, slideText } from './slide.js';

/** The options of `segtile info`, parsed. */
export interface InfoOptions extends SlideFlags {
  readonly check?: boolean;
  readonly json?: boolean;
}

/** What is known of a file, for programs and for people. */
interface Description {
  readonly facts: object;
  readonly text: string;
  /** What the command ends with where it is about this file alone: 0 where segtile can use it, as far as it was looked at. */
  readonly exitCode: number;
}

/**
 * `segtile info`: what is in slides and models, as people need it, and whether segtile can use them. With `check`, every block of every
 * level is decoded, and of a folder every file is looked at.
 *
 * @returns the exit code: 0 when all files can be used, else 1, or 2 for wrong use; with `check` 1 when one is damaged, 2 when others are not read
 */
export async function runInfo(files: readonly string[], options: InfoOptions, shell: Shell): Promise<number> {
  const { stdout, stderr, signal } = shell;
  const slideOptionsOf = await readSlideFlags(options, options.slideMppCsv === undefined ? [] : await slidesOf(files, options));
  let exitCode = 0;
  const combined = (a: number, b: number): number => (options.check ? worse(a, b) : Math.max(a, b));
  for (const file of files) {
    try {
      throwIfAborted(signal);
      if (options.check && (await isFolder(file))) {
        exitCode = combined(exitCode, await checkFiles(await filesWithin(file), slideOptionsOf, options.json === true, shell));
        continue;
      }
      const path = bundledModel(file);
      const {
        facts,
        text,
        exitCode: own,
      } = /\.onnx$/i.test(path)
        ? await describeModel(path, signal)
        : await describeSlide(path, slideOptionsOf(path), options, shell);
      stdout.write(options.json ? `${JSON.stringify(facts)}\n` : `${styleFor(stdout).strong(shownPath(path))}\n${text}\n`);
      exitCode = combined(exitCode, own);
    } catch (error) {
      const verdict = options.check && error instanceof SegtileError ? checkExitCode(verdictOf(error)) : exitCodeOf(error);
      exitCode = combined(exitCode, verdict);
      stderr.write(failureText(error, styleFor(stderr)));
      if (options.json) {
        const { code, hint } = error instanceof SegtileError ? error : { code: 'unexpected', hint: undefined };
        stdout.write(`${JSON.stringify({ path: shownPath(file), error: { code, message: reason(error), hint } })}\n`);
      }
    }
  }
  return exitCode;
}

/** Every file that is looked at. */
async function slidesOf(files: readonly string[], { check }: InfoOptions): Promise<string[]> {
  const all = await Promise.all(
    files.map(async (file) => (check && (await isFolder(file)) ? await filesWithin(file) : [file])),
  );
  return all.flat();
}

async function describeSlide(
  path: string,
  slideOptions: SlideOptions,
  options: InfoOptions,
  shell: Shell,
): Promise<Description> {
  const inspection = await inspectSlide(path, { ...slideOptions, signal: shell.signal });
  const { slide, problem } = inspection;
  try {
    const check =
      options.check && problem === undefined ? await checkWithProgress(slide, shell, options.json === true) : undefined;
    const unread = problem && verdictOfSlide(inspection, problem);
    const verdict = unread ?? ((check?.badBlocks ?? 0) > 0 ? 'bad' : 'ok');
    const facts = inspectionFacts(inspection, check);
    const text = slideText(inspection, check, styleFor(shell.stdout));
    if (!options.check) return { facts, text, exitCode: unread === undefined ? 0 : 1 };
    const untried = unread === undefined ? '' : `\n${pairs([['check', `${unread}: no block was decoded`]])}`;
    return { facts: { ...facts, verdict }, text: text + untried, exitCode: checkExitCode(verdict) };
  } finally {
    await slide.close();
  }
}

async function describeModel(path: string, signal: AbortSignal): Promise<Description> {
  const { file, card, measured, model } = await openModel(path, {}, { signal });
  const facts = { kind: 'model', ...model, card: card ?? null, measured };
  const text = pairs([
    ['name', model.name],
    ['input', described(file.image, 'input')],
    ['takes', takesText(model)],
    ['output', described(file.scores, 'output')],
    ['card', card ? 'yes' : 'none: see the notes for what is assumed'],
    ['window', windowText(model)],
    ['mpp', model.mpp === undefined ? 'not stated: runs on level 0 unless told otherwise' : `${figure(model.mpp)} um/px`],
    ['activation', model.activation],
    ...model.classes.map((each) => [`label ${each.label}`, classText(each, model)] as const),
    ['sha256', model.sha256],
    ...model.notes.map((note) => ['note', note] as const),
  ]);
  return { facts, text, exitCode: 0 };
}

function takesText({ color, depth, samples }: Model): string {
  if (modelPixels({ color, depth, samples }).kind === 'picture') return `the picture, as ${color} of 8 bits`;
  return `${depth} channel${depth === 1 ? '' : 's'} of the slide as ${samples}`;
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
