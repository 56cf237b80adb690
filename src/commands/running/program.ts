import type { Command } from 'commander';
import type { Shell } from './shell.js';

/** What {@link AddCommand} needs to make a command. */
export interface Program {
  /** The words of the command line after the program's name, for records of runs. */
  readonly argv: readonly string[];
  readonly shell: Shell;
  /**
   * Makes a command. Wrong use of it is reported like all other errors, with a line and a hint. Its help names the
   * topics of the manual that say more.
   */
  readonly command: (name: string, ...topics: readonly string[]) => Command;
  /** Called with the exit code when the command has ended. */
  readonly exit: (code: number) => void;
}

/**
 * Makes a command of the command line. `command.ts` in the folder of each command exports such a function. The code
 * that does the work is loaded only when the command is called, so that help and errors about wrong use appear at once.
 */
export type AddCommand = (program: Program) => Command;
