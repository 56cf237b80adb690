import type { Command } from 'commander';
import { IGNORED } from '../../plan/labels/ignored.js';
import { addListOption } from '../options/list-option.js';
import { option } from '../options/option.js';
import { anyText, area, share, wholeNumber } from '../options/parse.js';

/** Adds the arguments and options of `segtile pseudo-label` to a command. */
export function addPseudoLabelOptions(command: Command): Command {
  return addListOption(command, 'slide (the file), output')
    .description(
      'Make training labels of the probabilities that segtile infer wrote: what the model is sure of is kept, the rest is ignored.',
    )
    .argument('[file...]', '<name>.probabilities.ome.tif, folders and quoted patterns; files also at https:// and s3://')
    .addOption(
      option(
        '--confidence <p>',
        'least probability of a sure prediction, above 0.5; where classes may share a pixel, background is sure where all are at most 1 - p',
        share,
        0.95,
      ),
    )
    .addOption(
      option(
        '--background <p>',
        'background is sure where every class has at most this probability, below --confidence, which may then be any',
        share,
      ),
    )
    .addOption(
      option('--min-object <area>', 'smaller sure regions, background too, are ignored: 50um2, or 200px of the image', area),
    )
    .addOption(option('--fill-holes <area>', 'smaller ignored regions become what surrounds them most: 50um2, or 200px', area))
    .addOption(option('--ignore <value>', 'value of all other pixels, 1 to 255', wholeNumber(1), IGNORED))
    .addOption(
      option(
        '-o, --output <path>',
        'a folder, or for one file the name of the mask: .tif or .ome.tif',
        anyText,
        'pseudo-labels',
      ),
    )
    .option('--overwrite', 'replace results that are there already')
    .option('--json', 'one line of JSON a file on standard output')
    .option('--quiet', 'no progress and no notes')
    .addHelpText('after', examples);
}

const examples = `
Examples:
  segtile pseudo-label segtile-out --confidence 0.9 -o labels
  segtile pseudo-label maps --confidence 0.99 --background 0.5 -o labels
  segtile make-dataset *.svs --truth labels --classes labels/classes.json`;
