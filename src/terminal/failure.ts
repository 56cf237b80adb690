import { SegtileError, withoutSecrets } from '../errors.js';
import type { Style } from './style.js';
import { oneLine } from './visible.js';

/**
 * What a person is shown when something failed: a line and a hint for what segtile knows, everything there is for what it does not.
 */
export function failureText(thrown: unknown, style: Style): string {
  if (!(thrown instanceof SegtileError)) {
    const trace = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
    return `${style.bad('segtile: unexpected error')}, which is a fault of segtile: please report it with the lines below\n${withoutSecrets(trace)}\n`;
  }
  const hint = thrown.hint ? `\n  ${style.faint('hint:')} ${oneLine(thrown.hint)}` : '';
  return `${style.bad('segtile:')} ${oneLine(thrown.message)}${hint}\n`;
}

/** The exit code for something that was thrown: 2 for wrong use, 1 for everything else. */
export function exitCodeOf(thrown: unknown): 1 | 2 {
  return thrown instanceof SegtileError && thrown.code === 'usage' ? 2 : 1;
}
