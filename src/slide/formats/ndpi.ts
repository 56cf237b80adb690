import type { Directory } from '../../tiff/directory.js';
import { type Associated, bySize, type SlideLayout } from './layout.js';

/** In colour modes above this one, pixels are 16-bit grey stored as if they were JPEG (tifffile, `_ndpi_load_pages`). */
const LAST_COLOUR_MODE = 6;

/**
 * The layout of a Hamamatsu NDPI file. The lens of a directory distinguishes levels from the macro image (-1) and the
 * map of the scanned area (-2). If there are several focal planes, the one in focus is read
 * (openslide.org/formats/hamamatsu).
 */
export function ndpiLayout(directories: readonly Directory[]): SlideLayout {
  const lens = ({ hamamatsu }: Directory) => hamamatsu?.lens ?? 0;
  const scans = bySize(directories.filter((directory) => lens(directory) > 0));
  const inFocus = scans.map((group) => group.reduce((a, b) => (offFocus(b) < offFocus(a) ? b : a)));
  const levels = inFocus.length > 0 ? inFocus : directories.slice(0, 1);
  levels.sort((a, b) => b.width - a.width);
  const planes = Math.max(1, ...scans.map((group) => group.length));
  const mode = levels[0]!.hamamatsu?.captureMode ?? 0;
  return {
    format: 'Hamamatsu NDPI',
    levels: levels.map((directory) => [directory]),
    channels: [],
    associated: directories
      .filter((directory) => lens(directory) <= 0 && !levels.includes(directory))
      .map((directory): Associated => ({ kind: lens(directory) === -1 ? 'macro' : 'other', directory })),
    notes: planes > 1 ? [`of ${planes} focal planes, the one in focus is read`] : [],
    refusal:
      mode > LAST_COLOUR_MODE
        ? {
            message: `has 16-bit pixels in an encoding of Hamamatsu's own (capture mode ${mode})`,
            hint: 'convert it with bfconvert',
          }
        : undefined,
  };
}

function offFocus({ hamamatsu }: Directory): number {
  return Math.abs(hamamatsu?.focus ?? 0);
}
