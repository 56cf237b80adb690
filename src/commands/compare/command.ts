import type { CompareOptions } from '../../pipeline/compare/options.js';
import type { ListOptions } from '../options/list-option.js';
import type { AddCommand } from '../running/program.js';
import { addCompareOptions } from './options.js';

/** `segtile compare`. */
export const command: AddCommand = ({ argv, shell, command, exit }) =>
  addCompareOptions(command('compare', 'evaluation', 'folders')).action(
    async (slides: string[], options: CompareOptions & ListOptions) => {
      const { runCompare } = await import('./index.js');
      exit(await runCompare(slides, options, argv, shell));
    },
  );
