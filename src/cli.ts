import { createRequire } from 'node:module';
import { Command, CommanderError } from 'commander';
import { command as compare } from './commands/compare/command.js';
import { command as doctor } from './commands/doctor/command.js';
import { command as evaluate } from './commands/evaluate/command.js';
import { command as findNoise } from './commands/find-noise/command.js';
import { command as help } from './commands/help/command.js';
import { topicList } from './commands/help/topics.js';
import { command as infer } from './commands/infer/command.js';
import { command as info } from './commands/info/command.js';
import { command as makeDataset } from './commands/make-dataset/command.js';
import { command as merge } from './commands/merge/command.js';
import { command as objects } from './commands/objects/command.js';
import { command as predictTiles } from './commands/predict-tiles/command.js';
import { command as pseudoLabel } from './commands/pseudo-label/command.js';
import type { AddCommand, Program } from './commands/running/program.js';
import { guarded, type Shell } from './commands/running/shell.js';
import { command as runs } from './commands/runs/command.js';
import { command as threshold } from './commands/threshold/command.js';
import { command as tune } from './commands/tune/command.js';
import { command as view } from './commands/view/command.js';
import { SegtileError } from './errors.js';
import { removeTemporaries } from './io/partial-file.js';
import { exitCodeOf, failureText } from './terminal/failure.js';
import { styleFor } from './terminal/style.js';

/** The commands, in the order in which help lists them. */
const commands: readonly AddCommand[] = [
  infer,
  merge,
  threshold,
  objects,
  pseudoLabel,
  info,
  tune,
  makeDataset,
  predictTiles,
  findNoise,
  evaluate,
  compare,
  runs,
  view,
  doctor,
  help,
];

/**
 * Runs the command line and sets the exit code of the process: 0 all is done or was kept, 1 something failed, 2 wrong
 * use, 3 the run was stopped and can be resumed. Never ends the process itself, so that workers can finish what they
 * have begun.
 *
 * @param argv as `process.argv`
 */
export async function main(argv: readonly string[]): Promise<void> {
  const controller = new AbortController();
  let ended = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (ended) return;
    if (controller.signal.aborted) {
      endAtOnce(signal);
      return;
    }
    process.stderr.write(
      `\nsegtile: ${signal} received, stopping after the windows that are running (a second signal stops at once)\n`,
    );
    controller.abort(signal);
  };
  for (const signal of stopSignals) process.on(signal, stop);
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // A reader that closes the pipe early, such as `head`, is not a failure.
    if (error.code === 'EPIPE' || process.exitCode === 1) return;
    process.exitCode = 1;
    const failure = new SegtileError(
      'output',
      `cannot write standard output: ${error.message}`,
      'check the pipe or the file that it goes to',
    );
    process.stderr.write(failureText(failure, styleFor(process.stderr)));
  });
  // If standard error cannot be written any more, such as after the terminal was closed, the work still goes on.
  process.stderr.on('error', () => {});
  const shell: Shell = { stdout: guarded(process.stdout), stderr: guarded(process.stderr), signal: controller.signal };
  // Keeps the exit code that a failure of standard output may have set already.
  process.exitCode ||= await runProgram(argv, shell);
  // The handlers stay: a signal that comes while the process closes would else make a success look like a failure.
  ended = true;
}

/**
 * Runs the command line with the streams and the signal of a shell. Errors are reported on its standard error, not
 * thrown.
 *
 * @param argv as `process.argv`
 * @returns the exit code
 */
export async function runProgram(argv: readonly string[], shell: Shell): Promise<number> {
  let code = 0;
  try {
    const exit = (ended: number): void => {
      code = ended;
    };
    await program(argv, shell, exit).parseAsync(argv);
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    shell.stderr.write(failureText(error, styleFor(shell.stderr)));
    return exitCodeOf(error);
  }
}

/**
 * Ends the process by the signal itself, as if it had no handler, so that the parent process sees it. Deletes the files
 * that were being written; no file has its final name before it is whole. Ending the process in any other way while
 * onnxruntime runs would turn it into a crash.
 */
function endAtOnce(signal: NodeJS.Signals): void {
  removeTemporaries();
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}

/**
 * Signals that stop a run. Ctrl-C, a scheduler and a closed terminal send the first three. Slurm sends SIGUSR1 before a
 * time limit if it is asked to. Windows has no SIGUSR1.
 */
const stopSignals: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1'];

function program(argv: readonly string[], shell: Shell, exit: (code: number) => void): Command {
  const { version } = createRequire(import.meta.url)('../package.json') as { version: string };
  const command = commandsOf(shell);
  const root = command('segtile')
    .description('Segments images that are too big for the model: a slide in, a full-resolution mask out.')
    .version(version)
    // Options after the name of a command belong to that command, even if a parent command has an option of the same
    // name.
    .enablePositionalOptions();
  for (const add of commands) root.addCommand(add({ argv: argv.slice(2), shell, command, exit }));
  return root.addHelpText('after', topicList);
}

/** Characters in a line of help. */
const HELP_WIDTH = 80;

/** Makes commands that report wrong use like all other errors: one line and a hint. */
function commandsOf({ stdout, stderr }: Shell): Program['command'] {
  const output = {
    writeOut: (text: string): void => void stdout.write(text),
    writeErr: (text: string): void => void stderr.write(text),
    outputError: (): void => {},
  };
  return (name, ...topics) => {
    const made = new Command(name);
    const more = `More (segtile help <topic>): ${topics.join(', ')}`;
    if (topics.length > 0) made.addHelpText('after', `\n${more.length > HELP_WIDTH ? more.replace(': ', ':\n  ') : more}`);
    return made.configureOutput(output).exitOverride((error) => {
      if (error.exitCode === 0 || error.code === 'commander.help') throw error;
      const [what, guess] = error.message.replace(/^error: /, '').split(/\s*\n/);
      const help = name === 'segtile' ? 'segtile --help lists the commands' : `segtile ${name} --help lists the options`;
      const hint = guess ? `${guess.replace(/^\(D(.*)\)$/, 'd$1')} ${help}` : help;
      throw new SegtileError('usage', what!, hint);
    });
  };
}
