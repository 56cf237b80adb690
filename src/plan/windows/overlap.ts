import { SegtileError } from '../../errors.js';

/**
 * The stride, in pixels, for an overlap: `T - overlap`, rounded. The overlap is given in pixels (`256` or `256px`) or
 * as a share of the window (`25%`).
 *
 * @throws {SegtileError} `usage` if the text is neither, or if it leaves a stride of less than one pixel
 */
export function strideOfOverlap(overlap: string, window: number): number {
  const match = /^(\d+(?:\.\d+)?)(%|px)?$/.exec(overlap.trim());
  if (!match) {
    throw new SegtileError(
      'usage',
      `expected pixels or a percentage for --overlap but got "${overlap}"`,
      'for example --overlap 25% or --overlap 256',
    );
  }
  const amount = Number(match[1]);
  const pixels = match[2] === '%' ? (window * amount) / 100 : amount;
  const stride = Math.round(window - pixels);
  if (stride < 1) {
    throw new SegtileError(
      'usage',
      `--overlap ${overlap} leaves no stride for a window of ${window} px`,
      'use a smaller overlap',
    );
  }
  return stride;
}
