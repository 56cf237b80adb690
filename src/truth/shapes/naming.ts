import { SegtileError } from '../../errors.js';
import { meant } from '../../plan/text/meant.js';
import type { TruthConfig } from '../config.js';

/** The name and colour that an annotation gives for its class. */
export interface AnnotatedClass {
  readonly name: string | undefined;
  /** `red << 16 | green << 8 | blue`. */
  readonly color: number | undefined;
}

/**
 * Makes the function that labels annotations. An annotation with a name gets its label by the name. One without a name
 * gets it by its colour if that is listed, otherwise from the default class. If no classes are listed, all annotations
 * with a name must have the same name.
 *
 * @returns a function that gives the label of an annotation, or undefined for one to skip; its argument `where` names
 *   the annotation in errors
 * @throws {SegtileError} from that function: `input` for a name that is not listed, and for an annotation without a
 *   name if there is no default
 */
export function labeller(config: TruthConfig): (annotated: AnnotatedClass, where: string) => number | undefined {
  const { region } = config;
  if (region !== undefined) return ({ name }) => region.ofName(name);
  let only: string | undefined;
  return ({ name, color }, where) => {
    if (name === undefined) {
      const label = color === undefined ? undefined : config.colors.get(color);
      if (label !== undefined || config.otherwise !== undefined) return label ?? config.otherwise;
      throw new SegtileError('input', `${where} has no class`, 'set a "default" class for annotations without one');
    }
    if (config.anyName) {
      only ??= name;
      if (name === only) return config.classes[0]!.label;
      throw new SegtileError(
        'input',
        `${where} is ${JSON.stringify(name)}, but others are ${JSON.stringify(only)}`,
        'list the classes in a file of classes and give that file',
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
 * The label of runs, which have no class names: that of the default class, or of the only class.
 *
 * @throws {SegtileError} `input` if there are several classes and no default
 */
export function labelOfRuns({ classes, otherwise, region }: TruthConfig, where: string): number | undefined {
  if (region !== undefined) return region.ofName(undefined);
  if (otherwise !== undefined) return otherwise;
  if (classes.length === 1) return classes[0]!.label;
  const names = classes.map(({ name }) => name).join(', ');
  throw new SegtileError(
    'input',
    `${where} does not say which class it is: ${names}`,
    'set the "default" class in the file of --classes',
  );
}
