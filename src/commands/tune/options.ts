import type { Command } from 'commander';
import { option } from '../options/option.js';
import { micronsPerPixel } from '../options/parse.js';

/** The parsed options of `segtile tune`. */
export interface TuneOptions {
  readonly slideMpp?: number;
  readonly writeCard?: boolean;
  readonly json?: boolean;
}

/** Adds the arguments and options of `segtile tune` to a command. */
export function addTuneOptions(command: Command): Command {
  return command
    .description('Measure how far a network looks and in what step, and which windows cost the least then.')
    .argument('<model>', 'an ONNX model, or the name of a bundled one')
    .argument('[slide]', 'where a network looks so far that labels have to be compared: on windows of this slide')
    .addOption(option('--slide-mpp <um>', 'micrometres per pixel of level 0, whatever the file says', micronsPerPixel))
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
