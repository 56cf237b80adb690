/** The most rows and samples in one band. */
const MOST_ROWS = 256;
const BAND_SAMPLES = 2 ** 22;

/**
 * How many rows of a label image are made at once.
 *
 * @param samples in a row
 */
export function bandHeight(samples: number): number {
  return Math.max(1, Math.min(MOST_ROWS, Math.floor(BAND_SAMPLES / samples)));
}
