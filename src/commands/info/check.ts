import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { reason, SegtileError, throwIfAborted } from '../../errors.js';
import { checkSlide, type SlideCheck } from '../../slide/check.js';
import { inspectSlide, isImage } from '../../slide/open.js';
import type { Slide } from '../../slide/slide.js';
import type { Inspection, SlideOptions } from '../../slide/tiff.js';
import { createProgress } from '../../terminal/progress.js';
import { type Style, styleFor } from '../../terminal/style.js';
import type { Shell } from '../running/shell.js';
import { checkText } from './slide.js';

/** Why a file cannot be read, or cannot be read with the given options. Only `bad` means that it is damaged. */
export type Unread = 'bad' | 'not supported' | 'needs --channels' | 'needs other options';

/** The result of the check of one file in a folder. */
type FileVerdict =
  | { readonly path: string; readonly verdict: 'ok'; readonly check: SlideCheck }
  | { readonly path: string; readonly verdict: Unread; readonly why: string; readonly check?: SlideCheck }
  | { readonly path: string; readonly verdict: 'not an image' };

/** What an error means for a file. */
export function verdictOf({ code }: SegtileError): Unread {
  if (code === 'usage') return 'needs other options';
  return code === 'unsupported' ? 'not supported' : 'bad';
}

/** Why a slide that was opened cannot be read. */
export function verdictOfSlide({ needsChannels }: Inspection, problem: SegtileError): Unread {
  return needsChannels ? 'needs --channels' : verdictOf(problem);
}

/** The exit code of a check: 1 if the file is damaged, 2 if it could not be read for another reason, else 0. */
export function checkExitCode(verdict: FileVerdict['verdict']): 0 | 1 | 2 {
  if (verdict === 'ok' || verdict === 'not an image') return 0;
  return verdict === 'bad' ? 1 : 2;
}

/** The worse of two exit codes of checks. Damage, 1, is worse than 2. */
export function worse(a: number, b: number): number {
  return a === 1 || b === 1 ? 1 : Math.max(a, b);
}

/**
 * Decodes every block of a slide, and shows the progress.
 *
 * @throws {SegtileError} the errors of {@link checkSlide}
 */
export async function checkWithProgress(slide: Slide, { stderr, signal }: Shell, quiet: boolean): Promise<SlideCheck> {
  const stage = createProgress(stderr, quiet).stage('check', 'blocks');
  const pixels = slide.levels.reduce((sum, { width, height }) => sum + width * height, 0);
  try {
    return await checkSlide(slide, (done, total) => stage.update({ done, total, pixels: (pixels * done) / total }), signal);
  } finally {
    stage.stop();
  }
}

/**
 * The paths of all files in a folder and its subfolders, sorted. Hidden files, and files in hidden folders, are left out.
 *
 * @throws {SegtileError} `input` if the folder cannot be read
 */
export async function filesWithin(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((cause: unknown) => {
    throw new SegtileError(
      'input',
      `the folder ${folder} cannot be read: ${reason(cause)}`,
      'check that it may be read',
      cause,
    );
  });
  return entries
    .filter((entry) => entry.isFile() && !join(entry.parentPath, entry.name).slice(folder.length).split(/[\\/]/).some(isHidden))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/**
 * Checks files, and prints a line for each.
 *
 * @param optionsOf gives the options for reading a slide, by its path
 * @returns the worst exit code of all files, see {@link checkExitCode}
 * @throws {SegtileError} `aborted` when the signal fires
 */
export async function checkFiles(
  paths: readonly string[],
  optionsOf: (slide: string) => SlideOptions,
  json: boolean,
  shell: Shell,
): Promise<number> {
  let exitCode = 0;
  for (const path of paths) {
    throwIfAborted(shell.signal);
    const verdict = await judge(path, optionsOf(path), shell);
    exitCode = worse(exitCode, checkExitCode(verdict.verdict));
    const line = json ? JSON.stringify({ kind: 'slide', ...verdict }) : verdictText(verdict, styleFor(shell.stdout));
    shell.stdout.write(`${line}\n`);
  }
  return exitCode;
}

function isHidden(name: string): boolean {
  return name.startsWith('.') && name !== '.' && name !== '..';
}

async function judge(path: string, options: SlideOptions, shell: Shell): Promise<FileVerdict> {
  try {
    if (!(await isImage(path, shell.signal))) return { path, verdict: 'not an image' };
    const inspection = await inspectSlide(path, { ...options, signal: shell.signal });
    const { slide, problem } = inspection;
    try {
      if (problem !== undefined) return { path, verdict: verdictOfSlide(inspection, problem), why: problem.message };
      const check = await checkWithProgress(slide, shell, false);
      if (check.badBlocks === 0) return { path, verdict: 'ok', check };
      return { path, verdict: 'bad', why: `${checkText(check)}: ${check.bad[0]!.message}`, check };
    } finally {
      await slide.close();
    }
  } catch (error) {
    if (!(error instanceof SegtileError) || error.code === 'aborted') throw error;
    return { path, verdict: verdictOf(error), why: error.message };
  }
}

function verdictText(verdict: FileVerdict, style: Style): string {
  if (verdict.verdict === 'ok') return `${style.good('ok')}   ${verdict.path}: ${checkText(verdict.check)}`;
  if (verdict.verdict === 'not an image') return `${style.faint('-')}    ${verdict.path}: not an image`;
  if (verdict.verdict === 'bad') return `${style.bad('bad')}  ${verdict.path}: ${verdict.why}`;
  return `${style.warn(verdict.verdict)}  ${verdict.path}: ${verdict.why}`;
}
