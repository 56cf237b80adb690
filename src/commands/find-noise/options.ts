import type { Command } from 'commander';
import { option } from '../options/option.js';
import { anyText, share, wholeNumber } from '../options/parse.js';

/** The parsed options of `segtile find-noise`. An absent option was not given. */
export interface FindNoiseOptions {
  readonly predictions?: string;
  readonly report?: string;
  readonly pictures: number;
  readonly dropBelow?: number;
  readonly output?: string;
  readonly overwrite?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** Adds the arguments and options of `segtile find-noise` to a command. */
export function addFindNoiseOptions(command: Command): Command {
  return command
    .description(
      'Find tiles whose truth may be wrong, since it differs from predictions. Worst first: pixels that differ, times 1 - mean IoU.',
    )
    .argument('<manifest>', 'manifest.csv of a dataset that make-dataset wrote')
    .addOption(
      option(
        '--predictions <folder>',
        "PNGs of labels, each with the name of its tile's mask; or masks of whole slides, <slide>.mask.ome.tif",
        anyText,
      ),
    )
    .addOption(
      option('--report <folder>', 'where noise.csv and the pictures go (default: noise, beside the manifest)', anyText),
    )
    .addOption(option('--pictures <n>', 'how many of the worst tiles are shown in pictures; 0 for none', wholeNumber(0), 24))
    .addOption(option('--drop-below <iou>', 'write a manifest without the tiles whose mean IoU is below this', share))
    .addOption(
      option(
        '-o, --output <name>',
        'name of that manifest, which lies beside the other (default: <manifest>.clean.csv)',
        anyText,
      ),
    )
    .option('--overwrite', 'replace results that are there already')
    .option('--json', 'one line of JSON on standard output')
    .option('--quiet', 'no progress and no notes');
}
