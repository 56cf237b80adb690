import type { Command } from 'commander';
import { addListOption } from '../options/list-option.js';
import { addSlideOptions } from '../options/slide-options.js';

/** Adds the arguments and options of `segtile info` to a command. */
export function addInfoOptions(command: Command): Command {
  const first = addListOption(command, 'slide, mpp')
    .description('Show what is in a slide or a model, and whether segtile can use it.')
    .argument('[file...]', 'slides, folders of them, quoted patterns, and models');
  return addSlideOptions(first)
    .option(
      '--check',
      'decode every block of every level and name those that are bad; for a model, run the test of its package',
    )
    .option('--model-output <name>', 'the output of a model to look at, where it has several')
    .option('--write-card', 'write what was found about a model as its card, <model>.segtile.json, which you can edit')
    .option('--json', 'one line of JSON a file on standard output');
}
