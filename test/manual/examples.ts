/** A block of a text that programs could take as it stands there. */
export interface Example {
  /** Where it stands, such as `README.md:18`. */
  readonly where: string;
  /** `sh`, `json`, `js`; empty for drawings. */
  readonly language: string;
  readonly text: string;
}

/** The fenced blocks of a Markdown file. */
export function fencesOf(markdown: string, name: string): Example[] {
  return [...markdown.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(({ 1: language, 2: text, index }) => ({
    where: `${name}:${markdown.slice(0, index).split('\n').length}`,
    language: language!,
    text: text!,
  }));
}

/** The pieces of a Markdown file that stand between back quotes in a line, outside of its blocks. */
export function inlineOf(markdown: string): string[] {
  return [...markdown.replace(/^```[\s\S]*?^```$/gm, '').matchAll(/`([^`\n]+)`/g)].map(([, text]) => text!);
}

/** The examples at the end of a command's help. */
export function helpExamples(help: string): string {
  return (/^Examples:\n([\s\S]*)/m.exec(help)?.[1] ?? '').replace(/^ {2}/gm, '');
}

/** The commands of a shell's block: without remarks, one a line. */
export function commandsOf(text: string): string[] {
  return text
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .map((line) => line.replace(/\s+#.*$/, '').trim())
    .filter((line) => line !== '');
}

/** What commands write: the value of every `-o`, and where there is none what they take for it. */
export function writtenBy(commands: readonly string[]): string[] {
  return commands.flatMap((line) => {
    const [, named] = /\s(?:-o|--output)\s+(\S+)/.exec(line) ?? [];
    if (named) return [named.replace(/\/$/, '')];
    const [, command] = /\s(infer|threshold|compare|make-dataset)\s/.exec(line) ?? [];
    return command === undefined
      ? []
      : [command === 'compare' || command === 'make-dataset' ? `segtile-${command.replace('make-', '')}` : 'segtile-out'];
  });
}

/** The names of the commands that the help of the command line lists. */
export function commandNames(help: string): string[] {
  const [list] = help.split(/^Commands:\n/m)[1]!.split('\n\n');
  return [...list!.matchAll(/^ {2}([a-z-]+) /gm)].map(([, name]) => name!);
}

/** The names of the options in the help of a command. */
export function optionNames(help: string): string[] {
  return [...help.matchAll(/^ {2}(?:-\w, )?(--[a-z][a-z0-9-]*)/gm)].map(([, name]) => name!);
}
