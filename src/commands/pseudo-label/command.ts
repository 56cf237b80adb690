import type { AddCommand } from '../running/program.js';
import { addPseudoLabelOptions, type PseudoLabelOptions } from './options.js';

/** `segtile pseudo-label`. */
export const command: AddCommand = ({ shell, command, exit }) =>
  addPseudoLabelOptions(command('pseudo-label', 'folders', 'outputs')).action(
    async (files: string[], options: PseudoLabelOptions) => {
      const { runPseudoLabel } = await import('./index.js');
      exit(await runPseudoLabel(files, options, shell));
    },
  );
