import type { EvaluateOptions } from '../../pipeline/evaluate/options.js';
import type { AddCommand } from '../running/program.js';
import { addEvaluateOptions } from './options.js';

/** `segtile evaluate`. */
export const command: AddCommand = ({ argv, shell, command, exit }) =>
  addEvaluateOptions(command('evaluate', 'evaluation', 'datasets')).action(
    async (paths: string[], options: EvaluateOptions) => {
      const { runEvaluate } = await import('./index.js');
      exit(await runEvaluate(paths, options, argv, shell));
    },
  );
