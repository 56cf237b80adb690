import { join } from 'node:path';
import { SegtileError } from '../../errors.js';
import { fileName } from '../../io/location.js';
import { writeWhole } from '../../io/partial-file.js';
import { compareSlides, type VariantResult } from '../../pipeline/compare/compare-slides.js';
import { writeCompareReport } from '../../pipeline/compare/report.js';
import { inClaimedFolder } from '../../pipeline/outputs/claimed-folder.js';
import { HISTORY } from '../../pipeline/records/history.js';
import { rememberRun } from '../../pipeline/records/run-history.js';
import { rememberScores } from '../../pipeline/records/score-history.js';
import { readRoi } from '../../pipeline/tissue/region-flags.js';
import { failureText } from '../../terminal/failure.js';
import { createProgress } from '../../terminal/progress.js';
import { styleFor } from '../../terminal/style.js';
import { oneLine } from '../../terminal/visible.js';
import { readConfig, type TruthConfig } from '../../truth/config.js';
import { matchTruths, slideName } from '../../truth/match.js';
import { noteLine } from '../infer/words.js';
import type { Shell } from '../running/shell.js';
import { checkVariantsRun } from './check.js';
import type { CompareOptions } from './options.js';
import { passedTo, variantsOf } from './settings.js';
import { compareText, frontOf, recommendation, variantFacts } from './words.js';

/**
 * `segtile compare`: every variant on every slide, what it is worth and costs.
 *
 * @param command how the program was called, for the report
 * @returns the exit code: 0 when every variant ran on every slide, else 1
 */
export async function runCompare(
  slides: readonly string[],
  options: CompareOptions,
  command: readonly string[],
  { stdout, stderr, signal }: Shell,
): Promise<number> {
  if (options.truth === undefined) {
    throw new SegtileError('usage', 'no truth was given', 'give a file, a folder or a CSV of pairs with --truth');
  }
  const variants = await variantsOf(options);
  const pairs = await matchTruths(slides, options.truth);
  refuseNamesakes(slides);
  const config = options.classes === undefined ? undefined : await readConfig(options.classes);
  const { output, tolerance, overwrite = false, quiet = false } = options;
  const roi = await readRoi(options, slides);
  const passed = await passedTo(options, slides, roi);
  const told = new Set<string>();
  const noted = (slide: string, found: readonly string[]): void => {
    const fresh = found.filter((note) => !told.has(`${slide}\n${note}`));
    for (const note of fresh) told.add(`${slide}\n${note}`);
    if (fresh.length > 0 && !quiet) stderr.write([oneLine(fileName(slide)), ...fresh.map(noteLine), ''].join('\n'));
  };
  const paths = pairs.map(({ slide }) => slide);
  await checkVariantsRun(variants, paths, passed, noted, signal);
  const settings = { variants, pairs, passed, roiOf: roi.of, config, tolerance, output, overwrite };
  const total = variants.length * pairs.length;
  const late: (() => void)[] = [];
  const compare = async (signal: AbortSignal): Promise<Awaited<ReturnType<typeof compareSlides>>> => {
    const stage = createProgress(stderr, quiet).stage('compare', 'runs');
    stage.update({ done: 0, total, pixels: 0 });
    const watcher = {
      started: (variant: { readonly name: string }, slide: string, kept: boolean): void => {
        if (!quiet && !stderr.isTTY)
          stderr.write(`${oneLine(`${variant.name}: ${fileName(slide)}`)}${kept ? ', done before' : ''}\n`);
      },
      warned: ({ name }: { readonly name: string }, slide: string, text: string): void => {
        told.add(`${slide}\n${text}`);
        if (!quiet) stderr.write(`${stderr.isTTY ? '\n' : ''}${name}: ${fileName(slide)}: warning: ${text}\n`);
      },
      // Not through a bar that is being drawn.
      noted: (slide: string, found: readonly string[]): void =>
        stderr.isTTY ? void late.push(() => noted(slide, found)) : noted(slide, found),
      done: (done: number): void => stage.update({ done, total, pixels: 0 }),
    };
    const compared = await compareSlides(settings, watcher, signal).finally(() => stage.stop());
    for (const tell of late) tell();
    for (const { variant, slide, error } of compared.failures) {
      const what = new SegtileError(error.code, `${variant.name}, ${fileName(slide)}: ${error.message}`, error.hint, error);
      stderr.write(failureText(what, styleFor(stderr)));
    }
    if (compared.results.length > 0) await writeResults(compared.results, options, command, config, signal);
    return compared;
  };
  const { results, failures } = await inClaimedFolder(output, compare, signal);
  const front = frontOf(results);
  if (options.json)
    for (const [i, result] of results.entries()) stdout.write(`${JSON.stringify(variantFacts(result, front[i]!))}\n`);
  else {
    stdout.write(compareText(results, failures, styleFor(stdout)));
    if (results.length > 0 && options.report) stdout.write(`  report  ${join(output, 'report.html')}\n`);
  }
  return failures.length === 0 ? 0 : 1;
}

/** Results are filed under the names of slides. */
function refuseNamesakes(slides: readonly string[]): void {
  const names = slides.map((slide) => slideName(slide).toLowerCase());
  const twin = names.findIndex((name, i) => names.indexOf(name) < i);
  if (twin < 0) return;
  const first = slides[names.indexOf(names[twin]!)];
  throw new SegtileError(
    'usage',
    `${first} and ${slides[twin]} have one name, under which their results would be filed`,
    'compare them one at a time, with an --output folder each',
  );
}

async function writeResults(
  results: readonly VariantResult[],
  { output, report, history, regions }: CompareOptions,
  command: readonly string[],
  config: TruthConfig | undefined,
  signal: AbortSignal,
): Promise<void> {
  const front = frontOf(results);
  const facts = results.map((result, i) => variantFacts(result, front[i]!));
  const json = new TextEncoder().encode(
    `${JSON.stringify({ recommendation: recommendation(results), variants: facts }, null, 2)}\n`,
  );
  await writeWhole(join(output, 'compare.json'), (file) => file.append(json));
  if (report) {
    const words = { command, front, lead: recommendation(results), config, regions };
    await writeCompareReport(join(output, 'report.html'), results, words, signal);
  }
  if (history === false) return;
  const path = typeof history === 'string' ? history : join(output, HISTORY);
  for (const { runs } of results) {
    for (const { record, scores } of runs) {
      await rememberRun(path, record);
      await rememberScores(path, 'compare', scores);
    }
  }
}
