import type { Command } from 'commander';
import { option } from './option.js';
import { anyText } from './parse.js';

/** Options of a command that works on files of one kind. */
export interface ListOptions {
  /** A list of files: its path, or `-` for standard input. */
  readonly from?: string;
}

/** Gives a command the option that names a list of what it works on. */
export function addListOption(command: Command, columns: string): Command {
  return command.addOption(
    option(
      '--from <list>',
      `more of them: a path on each line, or a CSV with the columns ${columns}; - is standard input`,
      anyText,
    ),
  );
}
