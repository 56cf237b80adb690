import type { AddCommand } from '../running/program.js';
import {
  addRunsCleanOptions,
  addRunsNoteOptions,
  addRunsOptions,
  addRunsSummaryOptions,
  addRunsWatchOptions,
  type RunsCleanOptions,
  type RunsNoteOptions,
  type RunsOptions,
  type RunsWatchOptions,
} from './options.js';

/** `segtile runs` and its subcommands. */
export const command: AddCommand = ({ shell, command, exit }) => {
  const runs = addRunsOptions(command('runs', 'outputs')).action(async (ids: string[], options: RunsOptions) => {
    const { runRuns } = await import('./index.js');
    exit(await runRuns(ids, options, shell));
  });
  const note = addRunsNoteOptions(command('note', 'outputs')).action(async (id: string, options: RunsNoteOptions) => {
    const { noteRun } = await import('./index.js');
    exit(await noteRun(id, { ...runs.opts<RunsOptions>(), ...options }, shell));
  });
  const summary = addRunsSummaryOptions(command('summary', 'objects')).action(async (folder: string) => {
    const { summarizeFolder } = await import('./index.js');
    exit(await summarizeFolder(folder, shell));
  });
  const watch = addRunsWatchOptions(command('watch', 'cluster', 'folders')).action(
    async (folder: string, options: RunsWatchOptions) => {
      const { watchRuns } = await import('./watch.js');
      exit(await watchRuns(folder, { ...runs.opts<RunsOptions>(), ...options }, shell));
    },
  );
  const clean = addRunsCleanOptions(command('clean', 'cluster')).action(async (folder: string, options: RunsCleanOptions) => {
    const { cleanRuns } = await import('./watch.js');
    exit(await cleanRuns(folder, { ...runs.opts<RunsOptions>(), ...options }, shell));
  });
  return [note, summary, watch, clean].reduce((all, each) => all.addCommand(each), runs.enablePositionalOptions());
};
