import type { InferOptions } from '../../pipeline/prepare/options.js';
import type { AddCommand } from '../running/program.js';
import { addInferOptions } from './options.js';

/** `segtile infer`. */
export const command: AddCommand = ({ shell, command, exit }) =>
  addInferOptions(command('infer', 'formats', 'windows', 'models', 'devices', 'outputs')).action(
    async (slides: string[], options: InferOptions) => {
      const { runInfer } = await import('./index.js');
      exit(await runInfer(slides, options, shell));
    },
  );
