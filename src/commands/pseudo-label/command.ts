import type { PseudoLabelOptions } from '../../pipeline/probabilities/options.js';
import type { ListOptions } from '../options/list-option.js';
import type { AddCommand } from '../running/program.js';
import { addPseudoLabelOptions } from './options.js';

/** `segtile pseudo-label`. */
export const command: AddCommand = ({ shell, command, exit }) =>
  addPseudoLabelOptions(command('pseudo-label', 'folders', 'outputs')).action(
    async (files: string[], options: PseudoLabelOptions & ListOptions) => {
      const { runPseudoLabel } = await import('./index.js');
      exit(await runPseudoLabel(files, options, shell));
    },
  );
