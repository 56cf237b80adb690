import type { AddCommand } from '../running/program.js';
import type { InfoOptions } from './index.js';
import { addInfoOptions } from './options.js';

/** `segtile info`. */
export const command: AddCommand = ({ shell, command, exit }) =>
  addInfoOptions(command('info', 'formats', 'models')).action(async (files: string[], options: InfoOptions) => {
    const { runInfo } = await import('./index.js');
    exit(await runInfo(files, options, shell));
  });
