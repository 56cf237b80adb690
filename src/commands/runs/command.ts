import type { AddCommand } from '../running/program.js';
import {
  addRunsNoteOptions,
  addRunsOptions,
  addRunsSummaryOptions,
  type RunsNoteOptions,
  type RunsOptions,
} from './options.js';

/** `segtile runs`, `segtile runs note` and `segtile runs summary`. */
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
  return runs.enablePositionalOptions().addCommand(note).addCommand(summary);
};
