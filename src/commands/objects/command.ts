import type { AddCommand } from '../running/program.js';
import { addObjectsOptions, type ObjectsOptions } from './options.js';

/** `segtile objects`. */
export const command: AddCommand = ({ shell, command, exit }) =>
  addObjectsOptions(command('objects', 'folders', 'objects')).action(async (masks: string[], options: ObjectsOptions) => {
    const { objects } = await import('./index.js');
    exit(await objects(masks, options, shell));
  });
