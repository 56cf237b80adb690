import type { Command } from 'commander';
import { SegtileError } from '../../errors.js';
import { meant } from '../../plan/text/checked.js';
import { type Style, styleFor } from '../../terminal/style.js';
import type { Shell } from '../running/shell.js';
import { topics } from './topics.js';

/**
 * Runs `segtile help`: the help of the command line or of a command, or a topic of the manual, or both where they have one name. Gives the
 * exit code.
 *
 * @param root the command line
 * @throws {SegtileError} `usage` where there is no such topic or command, with the nearest
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

/** The command of these words, such as `runs note`; the command line itself where there are none. */
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

/** Markdown as a terminal shows it: blocks are indented, and links say in words where they lead. All else can be read as it is. */
export function asShown(markdown: string, style: Style): string {
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
