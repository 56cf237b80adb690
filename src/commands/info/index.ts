import { reason, SegtileError, throwIfAborted } from '../../errors.js';
import { shownPath } from '../../io/location.js';
import { bundledModel } from '../../model/card/bundled.js';
import { isModel } from '../../model/packages/find.js';
import { readSlideFlags, type SlideFlags } from '../../pipeline/prepare/slide-flags.js';
import { SLIDES } from '../../pipeline/slides/kinds.js';
import type { SlideRequest } from '../../pipeline/slides/request.js';
import { fileRequests } from '../../pipeline/slides/requests.js';
import { inspectSlide } from '../../slide/open.js';
import type { SlideOptions } from '../../slide/tiff.js';
import { exitCodeOf, failureText } from '../../terminal/failure.js';
import { pairs } from '../../terminal/format.js';
import { styleFor } from '../../terminal/style.js';
import { oneLine } from '../../terminal/visible.js';
import type { ListOptions } from '../options/list-option.js';
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
import { describeModel } from './model.js';
import { inspectionFacts, slideText } from './slide.js';

/** The options of `segtile info`, parsed. */
export interface InfoOptions extends SlideFlags, ListOptions {
  readonly check?: boolean;
  readonly json?: boolean;
  readonly writeCard?: boolean;
  readonly modelOutput?: string;
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
export async function runInfo(given: readonly string[], options: InfoOptions, shell: Shell): Promise<number> {
  const { stdout, stderr, signal } = shell;
  const requests = await infoRequests(given, options, stderr);
  const files = requests.map(({ path }) => path);
  const flagsOf = await readSlideFlags(options, options.slideMppCsv === undefined ? [] : await slidesOf(files, options));
  const mpp = new Map(requests.map((each) => [each.path, each.mpp]));
  const slideOptionsOf = (path: string): SlideOptions => {
    const own = mpp.get(path);
    return { ...flagsOf(path), ...(own !== undefined && { mpp: { x: own, y: own, source: '--from' } }) };
  };
  let exitCode = 0;
  const combined = (a: number, b: number): number => (options.check ? worse(a, b) : Math.max(a, b));
  for (const { path: file, problem } of requests) {
    try {
      throwIfAborted(signal);
      if (problem !== undefined) throw problem;
      const path = bundledModel(file);
      const isNetwork = await isModel(path);
      if (options.check && !isNetwork && (await isFolder(file))) {
        exitCode = combined(exitCode, await checkFiles(await filesWithin(file), slideOptionsOf, options.json === true, shell));
        continue;
      }
      const {
        facts,
        text,
        exitCode: own,
      } = isNetwork
        ? await describeModel(path, options, signal)
        : await describeSlide(path, slideOptionsOf(path), options, shell);
      stdout.write(options.json ? `${JSON.stringify(facts)}\n` : `${styleFor(stdout).strong(shownPath(path))}\n${text}\n`);
      exitCode = combined(exitCode, own);
    } catch (error) {
      const verdict = options.check && error instanceof SegtileError ? checkExitCode(verdictOf(error)) : exitCodeOf(error);
      exitCode = combined(exitCode, verdict);
      stderr.write(failureText(error, styleFor(stderr)));
      if (options.json) {
        const { code, hint } = error instanceof SegtileError ? error : { code: 'unexpected', hint: undefined };
        stdout.write(
          `${JSON.stringify({ status: 'failed', path: shownPath(file), error: { code, message: reason(error), hint } })}\n`,
        );
      }
    }
  }
  return exitCode;
}

/** What is to be looked at. A folder may be a model, and with `check` it is whatever lies in it; else it is one of slides. */
async function infoRequests(
  given: readonly string[],
  { from, check }: InfoOptions,
  stderr: Shell['stderr'],
): Promise<readonly SlideRequest[]> {
  const files = {
    kind: SLIDES,
    columns: ['mpp'],
    note: (sentence: string): void => void stderr.write(`segtile: ${oneLine(sentence)}\n`),
  } as const;
  if (given.length === 0) return fileRequests([], { ...files, from });
  const all: SlideRequest[] = [];
  for (const path of given) {
    const whole = (await isFolder(path)) && (check || (await isModel(path)));
    all.push(...(whole ? [{ path }] : await fileRequests([path], files)));
  }
  return from === undefined ? all : [...all, ...(await fileRequests([], { ...files, from }))];
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
