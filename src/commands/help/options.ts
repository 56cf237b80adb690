import type { Command } from 'commander';

/** Adds the argument of `segtile help` to a command: words. */
export function addHelpOptions(command: Command): Command {
  return command
    .description('Show a topic of the manual, or the help of a command.')
    .argument('[topic...]', 'a topic or a command; none lists them all');
}
