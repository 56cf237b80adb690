import type { Command } from 'commander';
import type { ThresholdOption } from '../../pipeline/prepare/thresholds.js';
import { option } from '../options/option.js';
import { anyText, device, thresholds, workers } from '../options/parse.js';

/** The parsed options of `segtile predict-tiles`. An absent option was not given. */
export interface PredictTilesOptions {
  readonly model?: string;
  readonly card?: string;
  readonly device: string;
  readonly workers?: number;
  readonly threshold?: ThresholdOption;
  readonly fold?: string;
  readonly split?: string;
  readonly output: string;
  readonly overwrite?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** Adds the arguments and options of `segtile predict-tiles` to a command. */
export function addPredictTilesOptions(command: Command): Command {
  return command
    .description(
      "Label the tiles of a dataset with a model, each as one window: a PNG a tile under its mask's name, as find-noise wants it.",
    )
    .argument('<manifest>', 'manifest.csv of a dataset that make-dataset wrote')
    .addOption(option('-m, --model <file>', 'an ONNX model or a package, or the name of a bundled one', anyText))
    .addOption(option('--card <file>', 'the card of the model, if it does not lie beside it', anyText))
    .addOption(option('--device <name>', 'as for infer', device, 'auto'))
    .addOption(option('--workers <n>', 'as for infer', workers))
    .addOption(option('--threshold <p>', 'as for infer', thresholds))
    .addOption(option('--fold <k>', 'only the tiles of this fold: give the model that has not seen it', anyText))
    .addOption(option('--split <part>', 'only the tiles of this part, such as val', anyText))
    .addOption(option('-o, --output <folder>', 'where the predictions go', anyText, 'predicted'))
    .option('--overwrite', 'replace predictions that are there already')
    .option('--json', 'one line of JSON on standard output')
    .option('--quiet', 'no progress');
}
