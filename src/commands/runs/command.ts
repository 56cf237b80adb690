import type { AddCommand } from '../running/program.js';
import { addRunsNoteOptions, addRunsOptions, type RunsNoteOptions, type RunsOptions } from './options.js';

/** `segtile runs`, and `segtile runs note`. */
export const command: AddCommand = ({ shell, command, exit }) => {
  const runs = addRunsOptions(command('runs', 'outputs')).action(async (ids: string[], options: RunsOptions) => {
    const { runRuns } = await import('./index.js');
    exit(await runRuns(ids, options, shell));
  });
  const note = addRunsNoteOptions(command('note', 'outputs')).action(async (id: string, options: RunsNoteOptions) => {
    const { noteRun } = await import('./index.js');
    exit(await noteRun(id, { ...runs.opts<RunsOptions>(), ...options }, shell));
  });
  return runs.enablePositionalOptions().addCommand(note);
};
