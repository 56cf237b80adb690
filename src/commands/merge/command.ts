import type { AddCommand } from '../running/program.js';
import { addMergeOptions, type MergeCommandOptions } from './options.js';

/** `segtile merge`. */
export const command: AddCommand = ({ shell, command, exit }) =>
  addMergeOptions(command('merge', 'resume', 'outputs')).action(async (folders: string[], options: MergeCommandOptions) => {
    const { runMerge } = await import('./index.js');
    exit(await runMerge(folders, options, shell));
  });
