import type { Command } from 'commander';
import type { Tolerance } from '../../pipeline/evaluate/evaluate-mask.js';
import { option } from '../options/option.js';
import { anyText, length, size, thresholds } from '../options/parse.js';
import { addRoiOptions } from '../options/region-options.js';

const defaultTolerance: Tolerance = { value: 4, unit: 'px' };

/** Adds the arguments and options of `segtile evaluate` to a command. */
export function addEvaluateOptions(command: Command): Command {
  return addOutput(addRoiOptions(addCompared(command), 'regions that count; all else is left out'));
}

function addCompared(command: Command): Command {
  return command
    .description('Compare masks, or probabilities, with the truth: areas, borders, objects, thresholds.')
    .argument(
      '<path...>',
      'masks or probabilities, folders of them, or a CSV of runs; then the truth, where --truth does not name it',
    )
    .addOption(
      option(
        '--truth <path>',
        'label image, GeoJSON, COCO, XML of ImageScope or Halo, or CSV of runs; a folder of them; or a CSV: slide, truth',
        anyText,
      ),
    )
    .addOption(option('--classes <json>', 'which names, values and colours are which class, as for make-dataset', anyText))
    .addOption(
      option(
        '--slide-size <WxH>',
        'size of the slides at level 0 in px, to which drawn truth refers (default: from the record beside a mask, else the size of the mask)',
        size,
      ),
    )
    .addOption(
      option(
        '--tolerance <length>',
        'how far apart borders may be for the boundary F-score: 4px of the mask, or 2um',
        length,
      ).default(defaultTolerance, '4px'),
    )
    .addOption(
      option(
        '--threshold <p>',
        'threshold of probabilities: one for all, one a class, or a JSON file (default: from the model)',
        thresholds,
      ),
    );
}

function addOutput(command: Command): Command {
  return command
    .optionsGroup('Output:')
    .addOption(option('--write-thresholds <json>', 'the best threshold of each class, as infer --threshold takes it', anyText))
    .addOption(option('--csv <file>', 'every measure of every slide and class', anyText))
    .addOption(option('--report <file.html>', 'a page with tables, charts and the worst regions', anyText))
    .addOption(
      option(
        '--history <file>',
        'add the scores of masks to this file (default: runs.jsonl beside a mask, where there is one)',
        anyText,
      ),
    )
    .option('--no-history', 'add nothing to it')
    .option('--overwrite', 'replace results that are there already')
    .option('--json', 'one line of JSON a slide on standard output, and one for all together')
    .option('--quiet', 'no progress and no notes')
    .addHelpText('after', examples);
}

const examples = `
Examples:
  segtile evaluate segtile-out/kidney.mask.ome.tif kidney.truth.tif
  segtile evaluate segtile-out --truth truth/ --report evaluation.html
  segtile evaluate predictions.csv --truth truth.csv --slide-size 35000x25000
  segtile evaluate segtile-out --truth truth/ --write-thresholds best.json`;
