import type { Directory } from '../../tiff/directory.js';
import { PALETTE } from '../../tiff/samples/rgb.js';
import type { SlideLayout } from './layout.js';

/**
 * Removes the colour tables of channels. Microscopes give each channel a colour table so that viewers show it in its
 * colour, but the samples are still intensities. In a picture with a palette, by contrast, a sample is only the number
 * of a colour. Samples are taken for intensities if there are several channels, or if OME-XML describes them. ImageJ
 * writes both kinds in the same way; in its files the table decides, because colours that stand for intensities change
 * smoothly.
 *
 * @param first first directory of the file; its table holds for all directories that have none
 */
export function withoutColourTables(layout: SlideLayout, first: Directory): SlideLayout {
  const base = layout.levels[0]![0]!;
  if (base.photometric !== PALETTE) return layout;
  const smooth = layout.format === 'ImageJ TIFF' && isSmooth(base.colorMap ?? first.colorMap);
  if (layout.channels.length === 0 && layout.format !== 'OME-TIFF' && !smooth) return layout;
  const why = smooth ? ', whose colours run smoothly as those of intensities do,' : '';
  return {
    ...layout,
    levels: layout.levels.map((pages) => pages.map(withoutTable)),
    notes: [...layout.notes, `samples are read as they are; the colour table${why} is left to viewers`],
  };
}

function withoutTable(page: Directory): Directory {
  return page.photometric === PALETTE ? { ...page, photometric: 1, colorMap: undefined } : page;
}

/** The largest step between neighbouring colours in a smooth table: an eighth of 65,535. */
const SMOOTH = 2 ** 13;

function isSmooth(colors: ArrayLike<number> | undefined): boolean {
  if (colors === undefined) return false;
  const each = Math.floor(colors.length / 3);
  for (let at = 0; at < 3 * each; at++) {
    if (at % each > 0 && Math.abs(colors[at]! - colors[at - 1]!) > SMOOTH) return false;
  }
  return each > 0;
}
