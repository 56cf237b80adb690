import type { InferOptions } from '../../pipeline/prepare/options.js';
import type { ListOptions } from '../options/list-option.js';
import type { AddCommand } from '../running/program.js';
import { addInferOptions } from './options.js';

/** `segtile infer`. */
export const command: AddCommand = ({ shell, command, exit }) =>
  addInferOptions(
    command('infer', 'folders', 'formats', 'windows', 'models', 'classifiers', 'devices', 'outputs', 'resume'),
  ).action(async (slides: string[], options: InferOptions & ListOptions) => {
    const { runInfer } = await import('./index.js');
    exit(await runInfer(slides, options, shell));
  });
