import { dirname, join } from 'node:path';
import type { SegtileError } from '../../errors.js';

/** A file that a command is to work on, and what was said of it alone. What is absent is as the flags say. */
export interface SlideRequest {
  /** A local path or a URL. */
  readonly path: string;
  /** Where the file lies below the folder that was given, with `/` between folders; absent where the file itself was given. */
  readonly place?: string | undefined;
  /** Micrometres per pixel of level 0. */
  readonly mpp?: number | undefined;
  /** The file of its region of interest. */
  readonly roi?: string | undefined;
  /** How its tissue is found: a method, or a file. */
  readonly tissue?: string | undefined;
  /** The folder of its results, or the name of its mask; below that of `--output` unless it is absolute. */
  readonly output?: string | undefined;
  /** Why it cannot be worked on, which is told when its turn comes. */
  readonly problem?: SegtileError | undefined;
}

/** The columns of a list of slides. */
export const LIST_COLUMNS = ['slide', 'mpp', 'roi', 'tissue', 'output'] as const;

/** A column of a list of slides. */
export type ListColumn = (typeof LIST_COLUMNS)[number];

/** The folder of the results of a file, below that of all results unless it is absolute; `.` for that folder itself. */
export function folderOf({ place = '', output = '' }: SlideRequest): string {
  return isMaskName(output) ? dirname(output) : join(output, place);
}

/** Whether an output is the name of a mask, not of a folder. */
export function isMaskName(output: string): boolean {
  return /\.tiff?$/i.test(output);
}
