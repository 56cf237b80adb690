import type { Command } from 'commander';
import { option } from '../options/option.js';
import { byteSize, device, micronsPerPixel, workers } from '../options/parse.js';

/** The parsed options of `segtile tune`. */
export interface TuneOptions {
  readonly slideMpp?: number;
  readonly writeCard?: boolean;
  readonly device: string;
  readonly workers?: number;
  readonly memory?: number;
  readonly cost: boolean;
  readonly json?: boolean;
}

/** Adds the arguments and options of `segtile tune` to a command. */
export function addTuneOptions(command: Command): Command {
  return command
    .description('Measure how far a network looks around a pixel, what windows cost on this machine, and which cost the least.')
    .argument('<model>', 'an ONNX model, or the name of a bundled one')
    .argument('[slide]', 'compare labels on windows of this slide, if the network looks so far that this is needed')
    .addOption(option('--slide-mpp <um>', 'micrometres per pixel of level 0, whatever the file says', micronsPerPixel))
    .addOption(option('--device <name>', 'where costs are measured, as for infer: auto, cpu, cuda[:n], …', device, 'auto'))
    .addOption(option('--workers <n>', 'windows that are run at a time there (default: as for infer)', workers))
    .addOption(
      option('--memory <size>', 'the most memory that this may take, such as 2GB (default: what the machine has)', byteSize),
    )
    .option('--no-cost', 'do not measure what windows of each size cost here')
    .option('--write-card', 'write window, margin and phase into the card of the model, <model>.segtile.json')
    .option('--json', 'one line of JSON on standard output')
    .addHelpText(
      'after',
      `
Examples:
  segtile tune nuclei
  segtile tune glomeruli.onnx slide.svs --write-card`,
    );
}
