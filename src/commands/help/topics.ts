import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { reason, SegtileError } from '../../errors.js';

/** A page of the manual. */
export interface Topic {
  readonly name: string;
  /** The subject of the page, in a few words. */
  readonly about: string;
  /** Markdown. */
  readonly text: string;
}

/** The folder of the manual. Its path is the same in a clone and in the package, so the links in the README work in both. */
const manual = fileURLToPath(new URL('../../../src/manual/', import.meta.url));

/**
 * The topics of the manual, sorted by name. Each is a file whose first line is `# name: what it is about`.
 *
 * @throws {SegtileError} `input` if the manual cannot be read
 */
export function topics(): readonly Topic[] {
  try {
    const files = readdirSync(manual).filter((file) => file.endsWith('.md'));
    return files.sort().map((file) => {
      const text = readFileSync(manual + file, 'utf8');
      const name = file.slice(0, -'.md'.length);
      return { name, about: text.slice(0, text.indexOf('\n')).replace(`# ${name}: `, ''), text };
    });
  } catch (error) {
    throw new SegtileError('input', `the manual cannot be read: ${reason(error)}`, 'install segtile again', error);
  }
}

/** A list of the topics, one per line, for the help of the whole command line. */
export function topicList(): string {
  const all = topics();
  const width = Math.max(...all.map(({ name }) => name.length));
  const lines = all.map(({ name, about }) => `  ${name.padEnd(width)}  ${about}`);
  return `\nTopics of the manual, which segtile help <topic> shows:\n${lines.join('\n')}`;
}
