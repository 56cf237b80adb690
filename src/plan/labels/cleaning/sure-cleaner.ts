import type { RasterRows, Size } from '../../../types.js';
import { type Cleaner, type CleanUp, createCleaner } from './clean-up.js';

/**
 * Cleans labels of which some pixels are ignored, with rows in and rows out as {@link createCleaner}:
 *
 * 1. Regions of one label, background too, of fewer than `minObject` pixels (8 neighbours) become ignored: a spot that
 *    small is not sure.
 * 2. After that, ignored regions of fewer than `fillHoles` pixels (4 neighbours) get the label, or the background, with
 *    which they share the most pixel sides; on a tie the smallest, and background last.
 *
 * In its `count`, label 0 stands for ignored pixels and `ignore` for background.
 *
 * @param size of the whole mask, in px
 * @param ignore the value of ignored pixels, which no class has
 */
export function createSureCleaner(size: Size, cleanUp: CleanUp, ignore: number): Cleaner {
  // What a mask is to the cleaner, objects on a ground, sure pixels are on ignored ones: so both values change places.
  const cleaner = createCleaner(size, cleanUp);
  const swapped = (rows: RasterRows): RasterRows => ({
    ...rows,
    data: rows.data.map((value) => (value === 0 ? ignore : value === ignore ? 0 : value)),
  });
  return {
    count: cleaner.count,
    *clean(rows) {
      for (const cleaned of cleaner.clean(swapped(rows))) yield swapped(cleaned);
    },
  };
}
