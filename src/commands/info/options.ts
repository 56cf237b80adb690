import type { Command } from 'commander';
import { addListOption } from '../options/list-option.js';
import { option } from '../options/option.js';
import { list, micronsPerPixel, range } from '../options/parse.js';

/** What `segtile info` takes on the command line. */
export function addInfoOptions(command: Command): Command {
  return addListOption(command, 'slide, mpp')
    .description('Say what is in a slide or a model, and whether segtile can use it.')
    .argument('[file...]', 'slides, folders of them, quoted patterns, and models')
    .addOption(option('--slide-mpp <um>', 'micrometres per pixel of level 0, whatever the file says', micronsPerPixel))
    .option('--slide-mpp-csv <file>', 'the same for many slides: a CSV with lines of slide,mpp')
    .addOption(
      option(
        '--channels <list>',
        'channels to read, in the order in which the model takes them; numbers from 0, or names',
        list,
      ),
    )
    .addOption(
      option(
        '--range <low,high>',
        'values of samples that become 0 and 255 where 8 bits are made of them, such as 0,4095',
        range,
      ),
    )
    .option(
      '--check',
      'decode every block of every level, and name those that are bad; of a model, make the test of its package',
    )
    .option('--model-output <name>', 'the output of a model to look at, where it has several')
    .option('--write-card', 'write what was found of a model as its card, <model>.segtile.json, to edit')
    .option('--json', 'one line of JSON a file on standard output');
}
