import type { Command } from 'commander';
import { SegtileError } from '../../errors.js';
import { meant } from '../../plan/text/meant.js';
import { type Style, styleFor } from '../../terminal/style.js';
import type { Shell } from '../running/shell.js';
import { topics } from './topics.js';

/**
 * `segtile help`: shows the help of the whole command line, the help of a command, or a topic of the manual. If a
 * command and a topic have the same name, it shows both.
 *
 * @param words the name of a command or topic; none for the help of the whole command line
 * @param root the command of the whole command line
 * @returns the exit code, 0
 * @throws {SegtileError} `usage` if there is no such topic or command; the message suggests the most similar one
 */
export function runHelp(words: readonly string[], root: Command, shell: Shell): number {
  const [name = '', ...more] = words;
  const topic = more.length === 0 ? topics().find((each) => each.name === name) : undefined;
  const command = commandAt(words, root);
  if (!command && !topic) throw unknown(words.join(' '), root);
  command?.outputHelp();
  if (topic) shell.stdout.write(`${command ? '\n' : ''}${asShown(topic.text, styleFor(shell.stdout))}`);
  return 0;
}

/** The command with this name, such as `runs note`; the whole command line for no words; undefined if there is none. */
function commandAt(words: readonly string[], root: Command): Command | undefined {
  return words.reduce<Command | undefined>((at, word) => at?.commands.find((each) => each.name() === word), root);
}

function unknown(name: string, root: Command): SegtileError {
  const [all, commands] = [topics().map((topic) => topic.name), root.commands.map((command) => command.name())];
  return new SegtileError(
    'usage',
    `there is no topic or command ${JSON.stringify(name)}${meant(name, [...all, ...commands])}`,
    `topics are ${all.join(', ')}; commands are ${commands.join(', ')}`,
  );
}

/**
 * Prepares Markdown for a terminal: headings are highlighted, code blocks are indented, and links become words that say
 * where they lead. Everything else is left as it is.
 */
function asShown(markdown: string, style: Style): string {
  let inBlock = false;
  const lines = markdown.split('\n').flatMap((line) => {
    if (line.startsWith('```')) {
      inBlock = !inBlock;
      return [];
    }
    if (inBlock) return [line === '' ? '' : `    ${line}`];
    return [line.startsWith('#') ? style.strong(line) : withoutLinks(line)];
  });
  return lines.join('\n');
}

function withoutLinks(line: string): string {
  return line
    .replace(/\[[^\]]*\]\(([a-z]+)\.md(?:#[^)]*)?\)/g, 'segtile help $1')
    .replace(/\[([^\]]*)\]\((https:[^)]*)\)/g, '$1 ($2)');
}
