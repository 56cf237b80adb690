import { PROBABILITIES } from '../../pipeline/slides/kinds.js';
import type { SlideRequest } from '../../pipeline/slides/request.js';
import { fileRequests } from '../../pipeline/slides/requests.js';
import { oneLine } from '../../terminal/visible.js';
import type { ListOptions } from '../options/list-option.js';
import type { Shell } from './shell.js';

/**
 * Finds the files of probabilities to work on, in the given paths, folders and patterns, and in the list of `--from`.
 *
 * @throws {SegtileError} the errors of `fileRequests`
 */
export function probabilityRequests(
  given: readonly string[],
  { from, quiet = false }: ListOptions & { readonly quiet?: boolean },
  { stderr }: Shell,
): Promise<readonly SlideRequest[]> {
  const note = (sentence: string): void => void (quiet || stderr.write(`segtile: ${oneLine(sentence)}\n`));
  return fileRequests(given, { kind: PROBABILITIES, from, columns: ['output'], note });
}
