import { createProgress, type StageProgress } from '../../terminal/progress.js';
import type { Size } from '../../types.js';
import type { Shell } from './shell.js';

/** The progress of a command that goes through the rows of one file after the other. */
export interface RowProgress {
  /** Shows how many rows of a file are done. The first call for a file starts its progress. */
  rows(size: Size, done: number): void;
  /** Removes the progress of a file from the screen. */
  stop(): void;
}

/**
 * Shows progress on standard error, nothing if quiet.
 *
 * @param name what is shown before the figures
 */
export function createRowProgress(name: string, { stderr }: Shell, quiet: boolean): RowProgress {
  const progress = createProgress(stderr, quiet);
  let stage: StageProgress | undefined;
  return {
    rows({ width, height }, done) {
      stage ??= progress.stage(name, 'rows');
      stage.update({ done, total: height, pixels: done * width });
    },
    stop() {
      stage?.stop();
      stage = undefined;
    },
  };
}
