import { createRequire } from 'node:module';
import { setFlagsFromString } from 'node:v8';
import { Command, CommanderError } from 'commander';
import { addCompareOptions, type CompareOptions } from './commands/compare/options.js';
import { addDoctorOptions, type DoctorOptions } from './commands/doctor/options.js';
import { addEvaluateOptions, type EvaluateOptions } from './commands/evaluate/options.js';
import { addFindNoiseOptions, type FindNoiseOptions } from './commands/find-noise/options.js';
import type { InferOptions } from './commands/infer/flags.js';
import { addInferOptions } from './commands/infer/options.js';
import type { InfoOptions } from './commands/info/index.js';
import { addInfoOptions } from './commands/info/options.js';
import { addMakeDatasetOptions } from './commands/make-dataset/options.js';
import type { MakeDatasetOptions } from './commands/make-dataset/settings.js';
import { addPseudoLabelOptions, type PseudoLabelOptions } from './commands/pseudo-label/options.js';
import { guarded, type Shell } from './commands/running/shell.js';
import { addRunsNoteOptions, addRunsOptions, type RunsNoteOptions, type RunsOptions } from './commands/runs/options.js';
import { addThresholdOptions, type ThresholdOptions } from './commands/threshold/options.js';
import { SegtileError } from './errors.js';
import { removePartialFiles } from './io/partial-file.js';
import { exitCodeOf, failureText } from './terminal/failure.js';
import { styleFor } from './terminal/style.js';

/**
 * The command line. Sets the exit code of the process: 0 all done, 1 something failed, 2 wrong use. Never ends the process itself, so
 * that workers can finish what they have in hand.
 *
 * @param argv as `process.argv`
 */
export async function main(argv: readonly string[]): Promise<void> {
  // V8 counts the pixels that pass through as its own, and looks through its whole heap for every 16 MB of them. Where the heap may grow to
  // four times what it holds before that, it does so a quarter as often.
  setFlagsFromString('--heap-growing-percent=300');
  const controller = new AbortController();
  let ended = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (ended) return;
    if (controller.signal.aborted) {
      endAtOnce(signal);
      return;
    }
    process.stderr.write(`\nsegtile: ${signal} received, stopping after the windows in hand (once more ends at once)\n`);
    controller.abort(signal);
  };
  for (const signal of stopSignals) process.on(signal, stop);
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // A reader that has had enough, such as `head`, is no failure.
    if (error.code === 'EPIPE' || process.exitCode === 1) return;
    process.exitCode = 1;
    const failure = new SegtileError('output', `cannot write standard output: ${error.message}`, 'check where it goes');
    process.stderr.write(failureText(failure, styleFor(process.stderr)));
  });
  // With nobody left to tell, such as after the terminal was closed, the work still goes on.
  process.stderr.on('error', () => {});
  const shell: Shell = { stdout: guarded(process.stdout), stderr: guarded(process.stderr), signal: controller.signal };
  try {
    await program(shell).parseAsync(argv);
  } catch (error) {
    if (error instanceof CommanderError) {
      setExitCode(error.exitCode === 0 ? 0 : 2);
    } else {
      shell.stderr.write(failureText(error, styleFor(process.stderr)));
      setExitCode(exitCodeOf(error));
    }
  } finally {
    // The handlers stay: a signal that comes while the process closes would else make a success look like a failure.
    ended = true;
  }
}

/**
 * Ends the process as the signal does where nobody handles it, which its parent sees. What was being written goes: no file has its final name
 * before it is whole. To end it in any other way while onnxruntime runs would make a crash of it.
 */
function endAtOnce(signal: NodeJS.Signals): void {
  removePartialFiles();
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}

/** What Ctrl-C, a scheduler and a closed terminal send. */
const stopSignals: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Sets the exit code of the process, unless standard output has failed and set it already. */
function setExitCode(code: number): void {
  process.exitCode ||= code;
}

function program(shell: Shell): Command {
  const { version } = createRequire(import.meta.url)('../package.json') as { version: string };
  const root = command('segtile')
    .description('Segments images that are too big for the model: a slide in, a full-resolution mask out.')
    .version(version)
    // Options behind the name of a command are its own, though a command above it has one of that name.
    .enablePositionalOptions();
  root.addCommand(inferCommand(shell));
  root.addCommand(thresholdCommand(shell));
  root.addCommand(pseudoLabelCommand(shell));
  root.addCommand(infoCommand(shell));
  root.addCommand(makeDatasetCommand(shell));
  root.addCommand(findNoiseCommand(shell));
  root.addCommand(evaluateCommand(shell));
  root.addCommand(compareCommand(shell));
  root.addCommand(runsCommand(shell));
  root.addCommand(doctorCommand(shell));
  return root;
}

/** A command whose mistakes in use are reported like all others: a line and a hint. */
function command(name: string): Command {
  const made = new Command(name);
  return made.configureOutput({ outputError: () => {} }).exitOverride((error) => {
    if (error.exitCode === 0 || error.code === 'commander.help') throw error;
    const [what, guess] = error.message.replace(/^error: /, '').split(/\s*\n/);
    const help = name === 'segtile' ? 'segtile --help lists the commands' : `segtile ${name} --help lists the options`;
    const hint = guess ? `${guess.replace(/^\(D(.*)\)$/, 'd$1')} ${help}` : help;
    throw new SegtileError('usage', what!, hint);
  });
}

function inferCommand(shell: Shell): Command {
  return addInferOptions(command('infer')).action(async (slides: string[], options: InferOptions) => {
    // Loaded when it is called, so that help and mistakes in use come at once.
    const { infer } = await import('./commands/infer/index.js');
    setExitCode(await infer(slides, options, shell));
  });
}

function thresholdCommand(shell: Shell): Command {
  return addThresholdOptions(command('threshold')).action(async (files: string[], options: ThresholdOptions) => {
    const { threshold } = await import('./commands/threshold/index.js');
    setExitCode(await threshold(files, options, shell));
  });
}

function pseudoLabelCommand(shell: Shell): Command {
  return addPseudoLabelOptions(command('pseudo-label')).action(async (files: string[], options: PseudoLabelOptions) => {
    const { pseudoLabel } = await import('./commands/pseudo-label/index.js');
    setExitCode(await pseudoLabel(files, options, shell));
  });
}

function infoCommand(shell: Shell): Command {
  return addInfoOptions(command('info')).action(async (files: string[], options: InfoOptions) => {
    const { info } = await import('./commands/info/index.js');
    setExitCode(await info(files, options, shell));
  });
}

function makeDatasetCommand(shell: Shell): Command {
  return addMakeDatasetOptions(command('make-dataset')).action(async (slides: string[], options: MakeDatasetOptions) => {
    const { makeDataset } = await import('./commands/make-dataset/index.js');
    setExitCode(await makeDataset(slides, options, process.argv.slice(2), shell));
  });
}

function findNoiseCommand(shell: Shell): Command {
  return addFindNoiseOptions(command('find-noise')).action(async (manifest: string, options: FindNoiseOptions) => {
    const { findNoise } = await import('./commands/find-noise/index.js');
    setExitCode(await findNoise(manifest, options, shell));
  });
}

function evaluateCommand(shell: Shell): Command {
  return addEvaluateOptions(command('evaluate')).action(async (paths: string[], options: EvaluateOptions) => {
    const { evaluate } = await import('./commands/evaluate/index.js');
    setExitCode(await evaluate(paths, options, process.argv.slice(2), shell));
  });
}

function compareCommand(shell: Shell): Command {
  return addCompareOptions(command('compare')).action(async (slides: string[], options: CompareOptions) => {
    const { compare } = await import('./commands/compare/index.js');
    setExitCode(await compare(slides, options, process.argv.slice(2), shell));
  });
}

function runsCommand(shell: Shell): Command {
  const runs = addRunsOptions(command('runs')).action(async (ids: string[], options: RunsOptions) => {
    const { runs } = await import('./commands/runs/index.js');
    setExitCode(await runs(ids, options, shell));
  });
  const note = addRunsNoteOptions(command('note')).action(async (id: string, options: RunsNoteOptions) => {
    const { noteRun } = await import('./commands/runs/index.js');
    setExitCode(await noteRun(id, { ...runs.opts<RunsOptions>(), ...options }, shell));
  });
  return runs.enablePositionalOptions().addCommand(note);
}

function doctorCommand(shell: Shell): Command {
  return addDoctorOptions(command('doctor')).action(async (options: DoctorOptions) => {
    const { doctor } = await import('./commands/doctor/index.js');
    setExitCode(await doctor(options, shell));
  });
}
