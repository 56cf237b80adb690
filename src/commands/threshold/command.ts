import type { ThresholdOptions } from '../../pipeline/probabilities/options.js';
import type { ListOptions } from '../options/list-option.js';
import type { AddCommand } from '../running/program.js';
import { addThresholdOptions } from './options.js';

/** `segtile threshold`. */
export const command: AddCommand = ({ shell, command, exit }) =>
  addThresholdOptions(command('threshold', 'folders', 'outputs')).action(
    async (files: string[], options: ThresholdOptions & ListOptions) => {
      const { runThreshold } = await import('./index.js');
      exit(await runThreshold(files, options, shell));
    },
  );
