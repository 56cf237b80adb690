import type { Command } from 'commander';
import { option } from '../options/option.js';
import { anyText, finiteNumber } from '../options/parse.js';

/** The parsed options of `segtile runs`. */
export interface RunsOptions {
  readonly history: string;
  readonly json?: boolean;
}

/** The parsed options of `segtile runs note`. An absent option was not given. */
export interface RunsNoteOptions {
  readonly history?: string;
  readonly leaderboard?: number;
  readonly text?: string;
}

/** The parsed options of `segtile runs watch`. */
export interface RunsWatchOptions {
  readonly once?: boolean;
  readonly json?: boolean;
}

/** The parsed options of `segtile runs clean`. */
export interface RunsCleanOptions {
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** Adds the arguments and options of `segtile runs` to a command. */
export function addRunsOptions(command: Command): Command {
  return command
    .description('List past runs with their scores, or set two of them side by side.')
    .argument('[id...]', 'two runs to compare, or a folder of results whose runs are listed; default: the list of segtile-out')
    .addOption(option('--history <path>', 'a runs.jsonl, or the folder of results that holds it', anyText, 'segtile-out'))
    .option('--json', 'one line of JSON a run on standard output');
}

/** Adds the arguments of `segtile runs summary` to a command. */
export function addRunsSummaryOptions(command: Command): Command {
  return command
    .description('Write summary.csv again: the objects of all slides in a folder of results, a row for each slide and class.')
    .argument('[folder]', 'the folder with the records of segtile infer or segtile objects', 'segtile-out');
}

/** Adds the arguments and options of `segtile runs watch` to a command. */
export function addRunsWatchOptions(command: Command): Command {
  return command
    .description('Show what is going on in a folder of results, on this machine and others: done, running, stopped, failed.')
    .argument('[folder]', 'the folder with the results', 'segtile-out')
    .option('--once', 'look once, instead of every few seconds until Ctrl-C')
    .option('--json', 'one line of JSON for each look on standard output');
}

/** Adds the arguments and options of `segtile runs clean` to a command. */
export function addRunsCleanOptions(command: Command): Command {
  return command
    .description('Remove what killed runs left in a folder of results; they cannot be resumed after that.')
    .argument('[folder]', 'the folder with the results', 'segtile-out')
    .option('--dry-run', 'show what would be removed, and stop')
    .option('--json', 'one line of JSON a file on standard output');
}

/** Adds the arguments and options of `segtile runs note` to a command. */
export function addRunsNoteOptions(command: Command): Command {
  return command
    .description('Add a score of a leaderboard, or a note of yours, to a run.')
    .argument('<id>', 'the run, by the id that segtile runs shows')
    .addOption(option('--history <path>', 'as for segtile runs', anyText))
    .addOption(option('--leaderboard <score>', 'its score on the leaderboard', finiteNumber))
    .addOption(option('--text <words>', 'anything worth remembering', anyText));
}
