import { SegtileError } from '../../errors.js';

/**
 * The stride, in pixels, that an overlap asks for: `T - overlap`, rounded. The overlap is pixels (`256`) or a share of the window
 * (`25%`).
 *
 * @throws {SegtileError} `usage` where the text is neither, or leaves no stride of at least one pixel
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
