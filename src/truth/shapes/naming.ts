import { SegtileError } from '../../errors.js';
import { meant } from '../../plan/text/checked.js';
import type { TruthConfig } from '../config.js';

/** What an annotation says of its class. */
export interface Said {
  readonly name: string | undefined;
  /** `red << 16 | green << 8 | blue`. */
  readonly color: number | undefined;
}

/**
 * Gives annotations their labels: by name; where they have none by colour, where that is listed; else the default class.
 * Undefined for one to leave out. Where nobody listed classes, all must have one and the same name, or none.
 *
 * @returns what gives the label of an annotation; `where` names it in errors
 * @throws {SegtileError} `input` for a name that is not listed, and for an annotation without a name where there is no default
 */
export function labeller(config: TruthConfig): (said: Said, where: string) => number | undefined {
  let only: string | undefined;
  return ({ name, color }, where) => {
    if (name === undefined) {
      const label = color === undefined ? undefined : config.colors.get(color);
      if (label !== undefined || config.otherwise !== undefined) return label ?? config.otherwise;
      throw new SegtileError('input', `${where} has no class`, 'name a "default" class for what has none');
    }
    if (config.anyName) {
      only ??= name;
      if (name === only) return config.classes[0]!.label;
      throw new SegtileError(
        'input',
        `${where} is ${JSON.stringify(name)}, but others are ${JSON.stringify(only)}`,
        'list the classes in a file and give it',
      );
    }
    if (config.names.has(name)) return config.names.get(name);
    const near = meant(name, [...config.names.keys()]);
    throw new SegtileError(
      'input',
      `${where} is ${JSON.stringify(name)}, which is not listed${near}`,
      'list it under the "names" of a class, of "background" or of "ignore", or under "skip"',
    );
  };
}

/**
 * The label of runs, which have no names: that of the default class, or of the only class.
 *
 * @throws {SegtileError} `input` where there are several classes and no default
 */
export function labelOfRuns({ classes, otherwise }: TruthConfig, where: string): number {
  if (otherwise !== undefined) return otherwise;
  if (classes.length === 1) return classes[0]!.label;
  const names = classes.map(({ name }) => name).join(', ');
  throw new SegtileError(
    'input',
    `${where} does not say which it is of ${names}`,
    'name the "default" class in the file of classes',
  );
}
