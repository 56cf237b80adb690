import type { AddCommand } from '../running/program.js';
import { addHelpOptions } from './options.js';

/** `segtile help`. */
export const command: AddCommand = ({ shell, command, exit }) => {
  const help = command('help');
  return addHelpOptions(help).action(async (words: string[]) => {
    const { runHelp } = await import('./index.js');
    exit(runHelp(words, help.parent!, shell));
  });
};
