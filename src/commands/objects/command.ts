import type { ObjectsOptions } from '../../pipeline/objects/options.js';
import type { ListOptions } from '../options/list-option.js';
import type { AddCommand } from '../running/program.js';
import { addObjectsOptions } from './options.js';

/** `segtile objects`. */
export const command: AddCommand = ({ shell, command, exit }) =>
  addObjectsOptions(command('objects', 'folders', 'objects')).action(
    async (masks: string[], options: ObjectsOptions & ListOptions) => {
      const { objects } = await import('./index.js');
      exit(await objects(masks, options, shell));
    },
  );
