import type { MakeDatasetOptions } from '../../pipeline/dataset/settings.js';
import type { ListOptions } from '../options/list-option.js';
import type { AddCommand } from '../running/program.js';
import { addMakeDatasetOptions } from './options.js';

/** `segtile make-dataset`. */
export const command: AddCommand = ({ argv, shell, command, exit }) =>
  addMakeDatasetOptions(command('make-dataset', 'datasets', 'folders', 'formats', 'windows')).action(
    async (slides: string[], options: MakeDatasetOptions & ListOptions) => {
      const { runMakeDataset } = await import('./index.js');
      exit(await runMakeDataset(slides, options, argv, shell));
    },
  );
