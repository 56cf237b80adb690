import type { Command } from 'commander';
import { addObjectChanges, addSubmissionOptions, objectsOption, objectTypeOption } from '../objects/options.js';
import { addListOption } from '../options/list-option.js';
import { addCleanUpOptions, addHeatmapOptions, addValueOptions } from '../options/mask-options.js';
import { option } from '../options/option.js';
import { anyText, thresholds, word } from '../options/parse.js';
import { addRoiOptions } from '../options/region-options.js';

/** Adds the arguments and options of `segtile threshold` to a command. */
export function addThresholdOptions(command: Command): Command {
  const making = addMaking(addListOption(command, 'slide (the file), output'));
  return addOutput(
    addSubmissionOptions(addObjectChanges(addRoiOptions(making, 'regions that are kept; all else is 0 in the mask'))),
  );
}

function addMaking(command: Command): Command {
  const making = command
    .description('Make masks from the probabilities that segtile infer --probabilities wrote, without the model.')
    .argument('[file...]', '<name>.probabilities.ome.tif, folders and quoted patterns; files also at https:// and s3://')
    .addOption(
      option(
        '--threshold <p>',
        "probability above which a pixel is of a class: one for all, name=p,..., or a .json that a sweep wrote (default: the model's own, else 0.5)",
        thresholds,
      ),
    );
  return addCleanUpOptions(making);
}

function addOutput(command: Command): Command {
  return addHeatmapOptions(addValueOptions(command))
    .addOption(objectsOption('also write <name>.objects.*, outlines and measures'))
    .addOption(objectTypeOption())
    .addOption(
      option(
        '--enlarge <what>',
        'what is enlarged if the mask is finer than the probabilities: labels (nearest neighbour), or scores (bilinear), as for infer',
        word('labels', 'scores'),
        'labels',
      ),
    )
    .addOption(
      option('-o, --output <path>', 'a folder, or for one file the name of the mask: .tif or .ome.tif', anyText, 'segtile-out'),
    )
    .option('--overwrite', 'replace results that are there already')
    .option('--json', 'one line of JSON a file on standard output')
    .option('--quiet', 'no progress and no notes')
    .addHelpText('after', examples);
}

const examples = `
Examples:
  segtile threshold slide.probabilities.ome.tif --threshold 0.4
  segtile threshold segtile-out --threshold tumor=0.6,stroma=0.45 -o masks`;
