import type { Command } from 'commander';
import { option } from '../options/option.js';
import { device } from '../options/parse.js';

/** The options of `segtile doctor`, parsed. What is absent was not given. */
export interface DoctorOptions {
  readonly device?: string;
  readonly json?: boolean;
}

/** Gives a command the options of `segtile doctor`. */
export function addDoctorOptions(command: Command): Command {
  return command
    .description('Say what this machine can run models on: versions, devices, what is missing and how to install it.')
    .addOption(option('--device <name>', 'look at this one alone, and fail if it cannot run a model', device))
    .option('--json', 'one line of JSON on standard output');
}
