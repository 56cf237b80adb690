import type { AddCommand } from '../running/program.js';
import { addPseudoLabelOptions, type PseudoLabelOptions } from './options.js';

/** `segtile pseudo-label`. */
export const command: AddCommand = ({ shell, command, exit }) =>
  addPseudoLabelOptions(command('pseudo-label', 'outputs')).action(async (files: string[], options: PseudoLabelOptions) => {
    const { pseudoLabel } = await import('./index.js');
    exit(await pseudoLabel(files, options, shell));
  });
