import type { AddCommand } from '../running/program.js';
import { addFindNoiseOptions, type FindNoiseOptions } from './options.js';

/** `segtile find-noise`. */
export const command: AddCommand = ({ shell, command, exit }) =>
  addFindNoiseOptions(command('find-noise', 'datasets')).action(async (manifest: string, options: FindNoiseOptions) => {
    const { runFindNoise } = await import('./index.js');
    exit(await runFindNoise(manifest, options, shell));
  });
