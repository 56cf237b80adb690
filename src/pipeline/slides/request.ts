import { dirname, join } from 'node:path';
import type { SegtileError } from '../../errors.js';

/** A file that a command works on, with the values that apply to it alone. For absent values the flags apply. */
export interface SlideRequest {
  /** A local path or a URL. */
  readonly path: string;
  /** The folders between the given folder and the file, with `/` between them; absent if the file itself was given. */
  readonly place?: string | undefined;
  /** Micrometres per pixel of level 0. */
  readonly mpp?: number | undefined;
  /** The path of its region of interest. */
  readonly roi?: string | undefined;
  /** How its tissue is found: a method, or the path of a file. */
  readonly tissue?: string | undefined;
  /** The folder of its results, or the name of its mask. Relative to `--output` unless it is absolute. */
  readonly output?: string | undefined;
  /** Why the command cannot work on it. The error is reported when the file's turn comes. */
  readonly problem?: SegtileError | undefined;
}

/** The columns of a list of slides. */
export const LIST_COLUMNS = ['slide', 'mpp', 'roi', 'tissue', 'output'] as const;

/** A column of a list of slides. */
export type ListColumn = (typeof LIST_COLUMNS)[number];

/** Methods to find tissue, as opposed to files. */
export const METHODS: readonly string[] = ['auto', 'otsu', 'hubmap', 'none'];

/**
 * The folder of the results of a file, relative to the folder of all results unless it is absolute; `.` for that folder
 * itself.
 */
export function folderOf({ place = '', output = '' }: SlideRequest): string {
  return isMaskName(output) ? dirname(output) : join(output, place);
}

/** Whether an output names a mask and not a folder. */
export function isMaskName(output: string): boolean {
  return /\.tiff?$/i.test(output);
}
