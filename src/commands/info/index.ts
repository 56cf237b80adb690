import { reason, SegtileError, throwIfAborted } from '../../errors.js';
import { isFolder } from '../../io/folder.js';
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
import { checkExitCode, checkFiles, checkWithProgress, filesWithin, verdictOf, verdictOfSlide, worse } from './check.js';
import { describeModel } from './model.js';
import { inspectionFacts, slideText } from './slide.js';

/** The parsed options of `segtile info`. */
export interface InfoOptions extends SlideFlags, ListOptions {
  readonly check?: boolean;
  readonly json?: boolean;
  readonly writeCard?: boolean;
  readonly modelOutput?: string;
}

/** What is known about a file: `facts` for programs, `text` for people. */
interface Description {
  readonly facts: object;
  readonly text: string;
  /** The exit code of the command if this were its only file: 0 if nothing was found that keeps segtile from using it. */
  readonly exitCode: number;
}

/**
 * `segtile info`: describes slides and models, and says whether segtile can use them. With `check`, it decodes every
 * block of every level, and checks every file in a folder.
 *
 * @param given slides, folders, patterns of names, and models
 * @returns the exit code: 0 if all files can be used, 2 if one failed because of wrong use, else 1; with `check`, 1 if
 *   a file is damaged, else 2 if a file could not be read
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

/**
 * The files to describe. A folder can be a model. With `check`, any other folder is kept whole, because each of its
 * files is checked; without it, a folder stands for the slides in it.
 */
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

/** All files to describe. With `check`, these are also the files inside folders. */
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
