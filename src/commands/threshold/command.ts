import type { AddCommand } from '../running/program.js';
import { addThresholdOptions, type ThresholdOptions } from './options.js';

/** `segtile threshold`. */
export const command: AddCommand = ({ shell, command, exit }) =>
  addThresholdOptions(command('threshold', 'folders', 'outputs')).action(async (files: string[], options: ThresholdOptions) => {
    const { runThreshold } = await import('./index.js');
    exit(await runThreshold(files, options, shell));
  });
