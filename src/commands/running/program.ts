import type { Command } from 'commander';
import type { Shell } from './shell.js';

/** What a command is made with: see {@link AddCommand}. */
export interface Program {
  /** The words of the command line behind the program's name, for records of what was asked. */
  readonly argv: readonly string[];
  readonly shell: Shell;
  /**
   * A command whose mistakes in use are reported like all others, a line and a hint, and whose help names the topics of the manual that say more.
   */
  readonly command: (name: string, ...topics: readonly string[]) => Command;
  /** Takes what a command ends with: the exit code. */
  readonly exit: (code: number) => void;
}

/**
 * Makes a command of the command line: `command.ts` in the folder of each exports one. What does the work is loaded when the command is
 * called, so that help and mistakes in use come at once.
 */
export type AddCommand = (program: Program) => Command;
