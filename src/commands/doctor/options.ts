import type { Command } from 'commander';
import { option } from '../options/option.js';
import { device } from '../options/parse.js';

/** The parsed options of `segtile doctor`. An absent option was not given. */
export interface DoctorOptions {
  readonly device?: string;
  readonly json?: boolean;
}

/** Adds the options of `segtile doctor` to a command. */
export function addDoctorOptions(command: Command): Command {
  return command
    .description('Show what this machine can run models on: versions, devices, what is missing and how to install it.')
    .addOption(option('--device <name>', 'check only this device, and fail if it cannot run a model', device))
    .option('--json', 'one line of JSON on standard output');
}
