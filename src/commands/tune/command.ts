import type { AddCommand } from '../running/program.js';
import { addTuneOptions, type TuneOptions } from './options.js';

/** `segtile tune`. */
export const command: AddCommand = ({ shell, command, exit }) =>
  addTuneOptions(command('tune', 'windows', 'models')).action(
    async (model: string, slide: string | undefined, options: TuneOptions) => {
      const { runTune } = await import('./index.js');
      exit(await runTune(model, slide, options, shell));
    },
  );
