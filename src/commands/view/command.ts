import type { AddCommand } from '../running/program.js';
import { addViewOptions, type ViewOptions } from './options.js';

/** `segtile view`. */
export const command: AddCommand = ({ shell, command, exit }) =>
  addViewOptions(command('view', 'view')).action(async (paths: string[], options: ViewOptions) => {
    const { view } = await import('./index.js');
    exit(await view(paths, options, shell));
  });
