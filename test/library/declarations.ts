import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A name and the file of declarations that declares it. */
export interface Declared {
  readonly file: string;
  readonly name: string;
}

/** What a file of declarations, as the compiler writes it, declares, imports and hands on. */
interface Declarations {
  /** Text of each declaration at the top, without remarks and literals. */
  readonly own: ReadonlyMap<string, string>;
  /** Where names come from that are imported, by what they are called here; undefined for those of packages. */
  readonly imported: ReadonlyMap<string, Declared | undefined>;
  /** Where names come from that are handed on, by what they are called outside. */
  readonly handedOn: ReadonlyMap<string, Declared>;
  /** Files of which all is handed on. */
  readonly whole: readonly string[];
}

const files = new Map<string, Declarations>();

/** Remarks and texts may hold anything, also names of types. */
function bare(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/gm, (part) =>
    /^['"]/.test(part) ? "''" : '',
  );
}

function declarationsOf(file: string): Declarations {
  const known = files.get(file);
  if (known) return known;
  const text = readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  const [imported, handedOn] = [new Map<string, Declared | undefined>(), new Map<string, Declared>()];
  const at = (from: string): string | undefined =>
    from.startsWith('.') ? join(dirname(file), from.replace(/\.js$/, '.d.ts')) : undefined;
  for (const [, kind, list, from] of text.matchAll(/^(import|export) (?:type )?\{([^}]*)\} from ['"]([^'"]+)['"]/gm)) {
    for (const part of list!.split(',').filter((each) => each.trim() !== '')) {
      const [name, outside = name] = part
        .trim()
        .replace(/^type /, '')
        .split(/ as /) as [string, string?];
      const place = at(from!);
      if (kind === 'export') handedOn.set(outside!, { file: place!, name });
      else imported.set(outside!, place === undefined ? undefined : { file: place, name });
    }
  }
  const whole = [...text.matchAll(/^export (?:type )?\* from ['"]([^'"]+)['"]/gm)].map(([, from]) => at(from!)!);
  const own = new Map<string, string>();
  // Each declaration begins a line; what is in it is indented, or closes it.
  for (const part of text.split(/^(?=(?:export |declare |interface |type |import )+)/m)) {
    const [, name] =
      /^(?:export )?(?:default )?(?:declare )?(?:abstract )?(?:const|let|function|class|interface|type|enum) (\w+)/.exec(
        part,
      ) ?? [];
    if (name !== undefined) own.set(name, `${own.get(name) ?? ''}${bare(part)}`);
  }
  const found = { own, imported, handedOn, whole };
  files.set(file, found);
  return found;
}

/** Where a name that a file exports is declared in the end. */
function homeOf({ file, name }: Declared): Declared {
  const { handedOn, imported, own } = declarationsOf(file);
  if (own.has(name)) return { file, name };
  const next = handedOn.get(name) ?? imported.get(name);
  if (next === undefined) throw new Error(`${file} does not declare ${name}`);
  return homeOf(next);
}

/** Everything that a file exports, by where it is declared. */
export function exportsOf(file: string): Declared[] {
  const { own, handedOn, whole } = declarationsOf(file);
  return [
    ...[...own.keys()].map((name) => ({ file, name })),
    ...[...handedOn.values()].map(homeOf),
    ...whole.flatMap(exportsOf),
  ];
}

/** The names in a declaration that are those of types: imported, or declared in the same file. Types are written with a capital. */
export function namedBy({ file, name }: Declared): (Declared | string)[] {
  const { own, imported } = declarationsOf(file);
  const text = own.get(name)!;
  if (/\bimport\(/.test(text)) return ['an import inside the declaration'];
  const words = new Set([...text.matchAll(/(?<![.\w])[A-Z]\w*[a-z]\w*(?!\w|\??:)/g)].map(([word]) => word));
  words.delete(name);
  return [...words].flatMap((word): (Declared | string)[] => {
    if (own.has(word)) return [{ file, name: word }];
    if (!imported.has(word)) return [];
    const place = imported.get(word);
    return [place === undefined ? word : homeOf(place)];
  });
}
