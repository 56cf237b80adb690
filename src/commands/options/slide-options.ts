import type { Command } from 'commander';
import { option } from './option.js';
import { anyText, list, micronsPerPixel, range } from './parse.js';

const CHANNELS = 'channels to read, in the order in which the model takes them; numbers from 0, or names';

/** Adds the options for reading the file of a slide to a command. `channels` is the help of `--channels`. */
export function addSlideOptions(command: Command, channels: string = CHANNELS): Command {
  return command
    .addOption(option('--slide-mpp <um>', 'micrometres per pixel of level 0, whatever the file says', micronsPerPixel))
    .addOption(option('--slide-mpp-csv <file>', 'the same for many slides: a CSV with lines of slide,mpp', anyText))
    .addOption(option('--channels <list>', channels, list))
    .addOption(
      option(
        '--range <low,high>',
        'values of samples that become 0 and 255 where they are converted to 8 bits, such as 0,4095',
        range,
      ),
    );
}
