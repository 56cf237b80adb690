import { SegtileError } from '../../errors.js';
import type { ViewChoice } from '../../slide/view/view.js';

/** The working resolution from the options. At most one of them is set. */
export function resolutionOf(options: {
  readonly level?: number | undefined;
  readonly mpp?: number | undefined;
  readonly downsample?: number | undefined;
}): ViewChoice | undefined {
  const { level, mpp, downsample } = options;
  if (level !== undefined) return { kind: 'level', level };
  if (mpp !== undefined) return { kind: 'mpp', mpp };
  return downsample === undefined ? undefined : { kind: 'downsample', downsample };
}

/** Pairs of options that set the same thing in different ways. */
export const SAME_THING = [
  ['stride', 'overlap'],
  ['level', 'mpp'],
  ['level', 'downsample'],
  ['mpp', 'downsample'],
] as const;

/**
 * Checks that at most one option of each pair is given.
 *
 * @throws {SegtileError} `usage` naming both
 */
export function refuseBoth<Name extends string>(
  options: { readonly [Each in Name]?: unknown },
  pairs: readonly (readonly [Name, Name])[],
): void {
  for (const [a, b] of pairs) {
    if (options[a] === undefined || options[b] === undefined) continue;
    throw new SegtileError('usage', `--${a} and --${b} exclude each other`, 'give one of them');
  }
}
