import type { Command } from 'commander';
import { option } from './option.js';
import { anyText } from './parse.js';

/** The options of a command that works on a list of files. */
export interface ListOptions {
  /** A list of files: its path, or `-` for standard input. */
  readonly from?: string;
}

/**
 * Adds the option `--from`, a list of the files to work on, to a command. `columns` names the columns that a CSV can
 * have, for the help.
 */
export function addListOption(command: Command, columns: string): Command {
  return command.addOption(
    option(
      '--from <list>',
      `more of them: a path on each line, or a CSV with the columns ${columns}; - is standard input`,
      anyText,
    ),
  );
}
