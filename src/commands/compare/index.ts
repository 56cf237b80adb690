import { join } from 'node:path';
import { SegtileError } from '../../errors.js';
import { fileName } from '../../io/location.js';
import { compareVariants } from '../../pipeline/compare/compare.js';
import type { CompareWatcher } from '../../pipeline/compare/compare-slides.js';
import type { CompareOptions } from '../../pipeline/compare/options.js';
import { SLIDES } from '../../pipeline/slides/kinds.js';
import { fileRequests } from '../../pipeline/slides/requests.js';
import { failureText } from '../../terminal/failure.js';
import { createProgress, type StageProgress } from '../../terminal/progress.js';
import { shellWord } from '../../terminal/shell-word.js';
import { styleFor } from '../../terminal/style.js';
import { oneLine } from '../../terminal/visible.js';
import { noteLine } from '../infer/words.js';
import type { ListOptions } from '../options/list-option.js';
import type { Shell } from '../running/shell.js';
import { sharedOptions, variantsOf } from './settings.js';
import { compareText } from './words.js';

/**
 * `segtile compare`: runs every variant on every slide, and reports its scores and costs.
 *
 * @param given slides, folders of slides and patterns of their names
 * @param command the command line that was typed, for the report
 * @returns the exit code: 0 when every variant ran on every slide, else 1
 */
export async function runCompare(
  given: readonly string[],
  options: CompareOptions & ListOptions,
  command: readonly string[],
  shell: Shell,
): Promise<number> {
  const { stdout, stderr, signal } = shell;
  const { output, report, json, quiet = false } = options;
  const note = (sentence: string): void => void (quiet || stderr.write(`segtile: ${oneLine(sentence)}\n`));
  const except = [output, options.truth, options.roi];
  const slides = await fileRequests(given, { kind: SLIDES, from: options.from, except, columns: ['mpp', 'roi'], note });
  const request = { slides, variants: await variantsOf(options), shared: sharedOptions(options), options, command };
  const watcher = watch(quiet, shell);
  const { results, failures, record } = await compareVariants(request, watcher, signal).finally(watcher.stop);
  if (record !== undefined && json) for (const facts of record.variants) stdout.write(`${JSON.stringify(facts)}\n`);
  if (record !== undefined && !json) {
    stdout.write(compareText(results, failures, record, styleFor(stdout)));
    if (report) stdout.write(`  report  ${join(output, 'report.html')}\n`);
    stdout.write(`  view    segtile view ${shellWord(output)}\n`);
  }
  return failures.length === 0 ? 0 : 1;
}

/** Reports progress, notes and failures on standard error. */
function watch(quiet: boolean, { stderr }: Shell): CompareWatcher & { stop(): void } {
  const told = new Set<string>();
  const late: (() => void)[] = [];
  let stage: StageProgress | undefined;
  const tellNotes = (slide: string, found: readonly string[]): void => {
    const fresh = found.filter((note) => !told.has(`${slide}\n${note}`));
    for (const note of fresh) told.add(`${slide}\n${note}`);
    if (fresh.length > 0 && !quiet) stderr.write([oneLine(fileName(slide)), ...fresh.map(noteLine), ''].join('\n'));
  };
  const stop = (): void => {
    stage?.stop();
    stage = undefined;
    for (const tell of late.splice(0)) tell();
  };
  return {
    started: (variant, slide, kept) => {
      if (!quiet && !stderr.isTTY)
        stderr.write(`${oneLine(`${variant.name}: ${fileName(slide)}`)}${kept ? ', done before' : ''}\n`);
    },
    warned: ({ name }, slide, text) => {
      told.add(`${slide}\n${text}`);
      if (!quiet) stderr.write(`${stderr.isTTY ? '\n' : ''}${name}: ${fileName(slide)}: warning: ${text}\n`);
    },
    // While a progress bar is drawn, notes wait until it is removed.
    noted: (slide, found) =>
      stage !== undefined && stderr.isTTY ? void late.push(() => tellNotes(slide, found)) : tellNotes(slide, found),
    failed: ({ variant, slide, error }) => {
      stop();
      const what = new SegtileError(error.code, `${variant.name}, ${fileName(slide)}: ${error.message}`, error.hint, error);
      stderr.write(failureText(what, styleFor(stderr)));
    },
    done: (done, total) => {
      stage ??= createProgress(stderr, quiet).stage('compare', 'runs');
      stage.update({ done, total });
    },
    stop,
  };
}
