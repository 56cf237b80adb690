import type { Command } from 'commander';
import type { MergeOptions } from '../../pipeline/infer/merge-slides.js';
import { option } from '../options/option.js';
import type { Parser } from '../options/parse.js';

const text: Parser<string> = (value) => value;

/** The parsed options of `segtile merge`. */
export interface MergeCommandOptions extends MergeOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** Adds the arguments and options of `segtile merge` to a command. */
export function addMergeOptions(command: Command): Command {
  return command
    .description('Merge the shards that segtile infer --shard wrote into results.')
    .argument('<folder...>', 'folders of shards; those below them are looked through, too')
    .option('--overwrite', 'replace results that are there already')
    .addOption(
      option(
        '--history <file>',
        'add a line about each run to this file (default: the file that the shards were run with)',
        text,
      ),
    )
    .option('--no-history', 'add nothing to it')
    .option('--json', 'one line of JSON a slide on standard output')
    .option('--quiet', 'no progress and no notes')
    .addHelpText('after', examples);
}

const examples = `
Examples:
  segtile infer slide.svs --shard 1/4 -o out
  segtile merge out`;
