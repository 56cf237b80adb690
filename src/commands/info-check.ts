import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { reason, SegtileError, throwIfAborted } from '../errors.js';
import { checkSlide, type SlideCheck } from '../slide/check.js';
import { inspectSlide, isImage } from '../slide/open.js';
import type { Slide } from '../slide/slide.js';
import type { SlideOptions } from '../slide/tiff.js';
import { createProgress } from '../terminal/progress.js';
import { type Style, styleFor } from '../terminal/style.js';
import { checkText } from './info-slide.js';
import type { Shell } from './shell.js';

/** What is to be said of one file of a folder. */
type Verdict =
  | { readonly path: string; readonly verdict: 'ok'; readonly check: SlideCheck }
  | { readonly path: string; readonly verdict: 'bad'; readonly why: string; readonly check?: SlideCheck }
  | { readonly path: string; readonly verdict: 'not an image' };

/** Whether a path is a folder; what is not there is none. */
export async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** Decodes every block of a slide, and shows how far it is. */
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
 * The files of a folder and of those in it, hidden ones left out.
 *
 * @throws {SegtileError} `input` where it cannot be read
 */
export async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((cause: unknown) => {
    throw new SegtileError(
      'input',
      `the folder ${folder} cannot be read: ${reason(cause)}`,
      'Check that it may be read.',
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
 * @returns how many are bad
 */
export async function checkFiles(
  paths: readonly string[],
  optionsOf: (slide: string) => SlideOptions,
  json: boolean,
  shell: Shell,
): Promise<number> {
  let bad = 0;
  for (const path of paths) {
    throwIfAborted(shell.signal);
    const verdict = await judge(path, optionsOf(path), shell);
    if (verdict.verdict === 'bad') bad++;
    const line = json ? JSON.stringify({ kind: 'slide', ...verdict }) : verdictText(verdict, styleFor(shell.stdout));
    shell.stdout.write(`${line}\n`);
  }
  return bad;
}

function isHidden(name: string): boolean {
  return name.startsWith('.') && name !== '.' && name !== '..';
}

async function judge(path: string, options: SlideOptions, shell: Shell): Promise<Verdict> {
  try {
    if (!(await isImage(path, shell.signal))) return { path, verdict: 'not an image' };
    const { slide, problem } = await inspectSlide(path, { ...options, signal: shell.signal });
    try {
      if (problem !== undefined) return { path, verdict: 'bad', why: problem.message };
      const check = await checkWithProgress(slide, shell, false);
      if (check.badBlocks === 0) return { path, verdict: 'ok', check };
      return { path, verdict: 'bad', why: `${checkText(check)}: ${check.bad[0]!.message}`, check };
    } finally {
      await slide.close();
    }
  } catch (error) {
    if (!(error instanceof SegtileError) || error.code === 'aborted') throw error;
    return { path, verdict: 'bad', why: error.message };
  }
}

function verdictText(verdict: Verdict, style: Style): string {
  if (verdict.verdict === 'ok') return `${style.good('ok')}   ${verdict.path}: ${checkText(verdict.check)}`;
  if (verdict.verdict === 'bad') return `${style.bad('bad')}  ${verdict.path}: ${verdict.why}`;
  return `${style.faint('-')}    ${verdict.path}: not an image`;
}
