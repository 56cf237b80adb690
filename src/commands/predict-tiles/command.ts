import type { AddCommand } from '../running/program.js';
import { addPredictTilesOptions, type PredictTilesOptions } from './options.js';

/** `segtile predict-tiles`. */
export const command: AddCommand = ({ shell, command, exit }) =>
  addPredictTilesOptions(command('predict-tiles', 'datasets')).action(
    async (manifest: string, options: PredictTilesOptions) => {
      const { runPredictTiles } = await import('./index.js');
      exit(await runPredictTiles(manifest, options, shell));
    },
  );
