import { withoutSecrets } from '../../errors.js';
import type { ProgressStream } from '../../terminal/progress.js';
import { visible } from '../../terminal/visible.js';

/** What a command gets from the process that runs it. */
export interface Shell {
  /** Results. */
  readonly stdout: ProgressStream;
  /** Progress, notes and failures. */
  readonly stderr: ProgressStream;
  /** Fires when the user wants to stop. */
  readonly signal: AbortSignal;
}

/**
 * A stream of a process as commands write to it: whatever is in the names of files, classes and channels, it shows all of it, and no secret of
 * a URL.
 */
export function guarded(stream: NodeJS.WriteStream): ProgressStream {
  return {
    isTTY: stream.isTTY,
    write: (text) => stream.write(visible(withoutSecrets(text), stream.isTTY)),
    terminal: stream,
  };
}
