import { attribute, plainText, xmlTags } from '../../plan/text/xml.js';
import type { Directory } from '../../tiff/directory.js';
import { decimal, physical } from '../mpp/mpp.js';
import type { SlideMpp } from '../slide.js';
import type { Associated, SlideLayout } from './layout.js';

/** Whether Philips software wrote a directory. */
export function isPhilips({ software, description }: Directory): boolean {
  return software?.startsWith('Philips') === true && description.includes('<DataObject');
}

/**
 * The layout of a Philips TIFF. Every tiled directory is a level, padded to whole tiles. The size without padding
 * follows from the pixel spacings of the levels in mm. The XML of the first directory lists them, finest level first
 * (openslide.org/formats/philips).
 */
export function philipsLayout(directories: readonly Directory[]): SlideLayout {
  const base = directories[0]!;
  const spacings = pixelSpacings(base.description);
  const tiled = directories.filter(({ layout }) => layout === 'tiles');
  const levels = tiled.map((directory, level) => [level === 0 ? directory : withoutPadding(directory, base, spacings, level)]);
  const dropped = tiled.length > 0 ? directories.filter((directory) => !tiled.includes(directory)) : directories.slice(1);
  const kindOf = ({ description }: Directory): Associated['kind'] =>
    /^macro/i.test(description) ? 'macro' : /^label/i.test(description) ? 'label' : 'other';
  return {
    format: 'Philips TIFF',
    levels: levels.length > 0 ? levels : [[base]],
    channels: [],
    associated: dropped.map((directory) => ({ kind: kindOf(directory), directory })),
    mpp: { mpp: spacings[0] },
    notes: [],
  };
}

/** The pixel spacing of each level. DICOM gives the spacing of rows before that of columns (PS3.3, Pixel Spacing). */
function pixelSpacings(xml: string): SlideMpp[] {
  const found: SlideMpp[] = [];
  for (const tag of xmlTags(xml)) {
    if (tag.kind !== 'open' || attribute(tag, 'Name') !== 'DICOM_PIXEL_SPACING') continue;
    const [rows, columns] = plainText(tag.text.slice(0, 200)).replaceAll('"', ' ').trim().split(/\s+/).map(decimal);
    const { mpp } = physical((columns ?? 0) * 1000, (rows ?? 0) * 1000, 'Philips DICOM_PIXEL_SPACING');
    if (mpp !== undefined) found.push(mpp);
  }
  // Before those of the levels, the list may have the spacing of the whole image, which equals that of the finest
  // level.
  const finest = found.reduce((least, { x }) => Math.min(least, x), Number.POSITIVE_INFINITY);
  const start = found.findLastIndex(({ x }) => x === finest);
  return found.slice(Math.max(0, start));
}

/**
 * The directory without the padding. It is left unchanged if the size is not known, or would need another number of
 * tiles.
 */
function withoutPadding(directory: Directory, base: Directory, spacings: readonly SlideMpp[], level: number): Directory {
  const finest = spacings[0];
  const spacing = spacings[level];
  if (finest === undefined || spacing === undefined) return directory;
  const width = Math.round((base.width * finest.x) / spacing.x);
  const height = Math.round((base.height * finest.y) / spacing.y);
  const { blockWidth, blockHeight } = directory;
  const tiles = (length: number, block: number) => Math.ceil(length / block);
  const same =
    width > 0 &&
    height > 0 &&
    tiles(width, blockWidth) === tiles(directory.width, blockWidth) &&
    tiles(height, blockHeight) === tiles(directory.height, blockHeight);
  return same ? { ...directory, width, height } : directory;
}
