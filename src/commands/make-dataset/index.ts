import { reason, SegtileError } from '../../errors.js';
import { shownPath } from '../../io/location.js';
import { type BuildWatcher, buildDataset } from '../../pipeline/dataset/build-dataset.js';
import { slideFacts } from '../../pipeline/dataset/record.js';
import type { MakeDatasetOptions } from '../../pipeline/dataset/settings.js';
import { sharedPatients } from '../../pipeline/dataset/split.js';
import { SLIDES } from '../../pipeline/slides/kinds.js';
import { fileRequests } from '../../pipeline/slides/requests.js';
import { exitCodeOf, failureText } from '../../terminal/failure.js';
import { createProgress, type StageProgress } from '../../terminal/progress.js';
import { styleFor } from '../../terminal/style.js';
import { oneLine } from '../../terminal/visible.js';
import type { ListOptions } from '../options/list-option.js';
import type { Shell } from '../running/shell.js';
import { datasetPlanText, datasetText, planFacts, sharedText, slideLine, surveyText } from './words.js';

/**
 * `segtile make-dataset`: cuts slides and their truth into tiles. A slide that fails is left out and does not stop the others.
 *
 * @param given slides, folders of slides and patterns of their names
 * @param argv the command's arguments as they were typed, for the dataset's record
 * @returns the exit code: 0 when every slide was done, 2 when every failure was wrong use, else 1
 */
export async function runMakeDataset(
  given: readonly string[],
  options: MakeDatasetOptions & ListOptions,
  argv: readonly string[],
  shell: Shell,
): Promise<number> {
  const { stdout, stderr, signal } = shell;
  const { output: root, json } = options;
  const watcher = watch(options, shell);
  const { from, truth, roi, tissue, quiet } = options;
  const note = (sentence: string): void => void (quiet || stderr.write(`segtile: ${oneLine(sentence)}\n`));
  const except = [root, truth, roi, tissue];
  const named = given.length > 0 || from !== undefined;
  const slides = named
    ? await fileRequests(given, { kind: SLIDES, from, except, columns: ['mpp', 'roi', 'tissue'], note })
    : [];
  const built = buildDataset(slides, options, commandWords(argv), watcher, signal);
  const { pairs, failures, record } = await built.finally(watcher.stop);
  if (record) {
    const { command: _, slides: __, ...facts } = record;
    stdout.write(json ? `${JSON.stringify({ dataset: root, ...facts })}\n` : datasetText(root, record, styleFor(stdout)));
  }
  if (failures.length === 0) return 0;
  if (pairs > 1) stderr.write(`segtile: ${pairs - failures.length} of ${pairs} slides done\n`);
  return failures.every(({ error }) => exitCodeOf(error) === 2) ? 2 : 1;
}

/** The words of a command line that define the dataset, without the options for its folder and for what is printed. */
function commandWords(argv: readonly string[]): string[] {
  const words: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i]!;
    if (word === '-o' || word === '--output') i++;
    else if (!/^(--(resume|overwrite|quiet|json)$|--output=|-o)/.test(word))
      words.push(word.replace(/https?:\/\/.*/i, shownPath));
  }
  return ['segtile', ...words];
}

/** Reports progress, notes and failures on standard error, and JSON and plans on standard output. */
function watch(options: MakeDatasetOptions, { stdout, stderr }: Shell): BuildWatcher & { stop(): void } {
  const progress = createProgress(stderr, options.quiet === true);
  const say = (text: string): void => {
    if (!options.quiet) stderr.write(text);
  };
  let stage: StageProgress | undefined;
  const stop = (): void => {
    stage?.stop();
    stage = undefined;
  };
  return {
    surveyed: (survey) => say(surveyText(survey, styleFor(stderr))),
    planned: ({ slides }, { tiles: { augmentation } }) => {
      stop();
      const shared = sharedPatients(slides);
      if (shared.shared.length > 0) stderr.write(sharedText(shared, styleFor(stderr)));
      if (!options.dryRun) {
        if (slides.length > 0) say(datasetPlanText(slides, augmentation, styleFor(stderr)));
      } else if (options.json) {
        for (const facts of planFacts(slides, augmentation)) stdout.write(`${JSON.stringify(facts)}\n`);
      } else stdout.write(`${datasetPlanText(slides, augmentation, styleFor(stdout))}  nothing was written\n`);
    },
    cutting: ({ survey }, done, total) => {
      stage ??= progress.stage(survey.slide.name, 'tiles');
      stage.update({ done, total, pixels: done * survey.window.width * survey.window.height });
    },
    finished: (tiles, head, kept) => {
      stop();
      if (kept) say(`${oneLine(tiles.survey.slide.path)}: done before, kept\n`);
      if (options.json) stdout.write(slideLine(kept ? 'kept' : 'done', slideFacts(tiles, head)));
    },
    packing: (done, total) => {
      stage ??= progress.stage('shards', 'tiles');
      stage.update({ done, total });
      if (done === total) stop();
    },
    failed: (slide, error) => {
      stop();
      stderr.write(failureText(error, styleFor(stderr)));
      if (!options.json) return;
      const { code, hint } = error instanceof SegtileError ? error : { code: 'unexpected', hint: undefined };
      stdout.write(
        `${JSON.stringify({ status: 'failed', slide: { path: slide.path }, error: { code, message: reason(error), hint } })}\n`,
      );
    },
    stop,
  };
}
