import type { Command } from 'commander';
import { option } from './option.js';
import { area, word } from './parse.js';

/** Adds the options that clean up a mask to a command. */
export function addCleanUpOptions(command: Command): Command {
  return command
    .addOption(option('--min-object <area>', 'smaller objects become background: 50um2, or 200px of the working image', area))
    .addOption(option('--fill-holes <area>', 'smaller holes are filled: 50um2, or 200px of the working image', area));
}

/** Adds the options for the values and the palette of a mask to a command. */
export function addValueOptions(command: Command): Command {
  return command
    .addOption(
      option(
        '--mask-values <which>',
        'labels, or 255 for every pixel of the one class, for viewers',
        word('labels', '255'),
        'labels',
      ),
    )
    .option('--palette', 'write the mask with a colour table of its classes, which viewers use');
}
