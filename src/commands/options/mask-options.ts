import type { Command } from 'commander';
import { HEAT_COLORS } from '../../mask/heat-colors.js';
import { option } from './option.js';
import { anyText, area, wholeNumber, word } from './parse.js';

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

/** Adds the options for a picture of the probabilities of a class to a command. */
export function addHeatmapOptions(command: Command): Command {
  return command
    .addOption(
      option(
        '--heatmap <class>',
        'also write <name>.heatmap.png: the probabilities of this class over the whole slide',
        anyText,
      ),
    )
    .addOption(option('--heatmap-size <px>', 'its longest side (default: 2048)', wholeNumber(16)))
    .addOption(
      option('--heatmap-colors <map>', `its colours: ${HEAT_COLORS.join(' or ')} (default: viridis)`, word(...HEAT_COLORS)),
    );
}
