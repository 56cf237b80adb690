import { reason, SegtileError } from '../../errors.js';
import { type CommitOptions, writeWhole } from '../../io/partial-file.js';
import { sharp } from '../../io/sharp.js';
import { type LegendEntry, legend, writtenLine, writtenLines } from '../../mask/preview/legend.js';
import { cellWidth, contactSheet, sheetWidth } from '../../report/contact-sheet.js';
import type { Pixels, Size } from '../../types.js';

/** The longest side of a picture on a contact sheet, in px. */
const PANEL = 256;

/** The pictures of one tile, each at most {@link PANEL} px long, and the text beside them. */
export interface TilePanels {
  readonly caption: string;
  readonly panels: readonly Pixels[];
}

/** The layout of a contact sheet. */
export interface SheetLook {
  /** The number of tiles side by side. */
  readonly across: number;
  /** The number of pictures for each tile. */
  readonly panels: number;
  /** The titles of the pictures of a tile. */
  readonly titles: readonly string[];
  /** The meaning of colours, one strip for each legend. */
  readonly legends: readonly (readonly LegendEntry[])[];
}

/**
 * Writes a contact sheet as PNG.
 *
 * @throws {SegtileError} `output` if the file cannot be written
 */
export async function writeSheet(path: string, tiles: readonly TilePanels[], look: SheetLook & CommitOptions): Promise<void> {
  const { across, panels, titles, legends } = look;
  const width = sheetWidth(across, panels, PANEL);
  const strips = await Promise.all(legends.filter(({ length }) => length > 0).map((entries) => legend(width, entries, false)));
  const cells = await Promise.all(
    tiles.map(async (tile) => ({
      caption: await writtenLines(tile.caption, cellWidth(panels, PANEL)),
      panels: tile.panels,
    })),
  );
  const sheet = contactSheet(cells, PANEL, {
    across,
    titles: await Promise.all(titles.map((title) => writtenLine(title, PANEL))),
    below: strips.filter((strip) => strip !== undefined),
  });
  const raw = { width: sheet.width, height: sheet.height, channels: 3 } as const;
  const png = await sharp(sheet.data, { raw }).png({ compressionLevel: 6, adaptiveFiltering: true }).toBuffer();
  await writeWhole(path, (file) => file.append(png), look);
}

/** The size of a tile's picture on a sheet: shrunk to fit, or enlarged by a whole factor. */
function panelSize({ width, height }: Size): Size {
  const longest = Math.max(width, height);
  const scale = longest > PANEL ? PANEL / longest : Math.floor(PANEL / longest);
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/**
 * The image of a tile in the size shown on a sheet, RGB.
 *
 * @param name the name of the image in errors
 * @param size of the tile's mask, which the image must have too
 * @throws {SegtileError} `input` if it is not an image, or has another size
 */
export async function imagePanel(name: string, bytes: Uint8Array, size: Size): Promise<Pixels> {
  const target = panelSize(size);
  const kernel = target.width > size.width ? 'nearest' : 'lanczos3';
  try {
    const image = sharp(bytes, { failOn: 'error', ignoreIcc: true, limitInputPixels: false });
    const { width, height } = await image.metadata();
    if (width === size.width && height === size.height) {
      const shown = image.removeAlpha().toColourspace('srgb');
      return {
        ...target,
        channels: 3,
        data: await shown
          .resize({ ...target, fit: 'fill', kernel })
          .raw()
          .toBuffer(),
      };
    }
    const hint = 'image and mask of a tile are of one size';
    throw new SegtileError('input', `${name} is ${width} × ${height} px, but its mask ${size.width} × ${size.height} px`, hint);
  } catch (error) {
    if (error instanceof SegtileError) throw error;
    throw new SegtileError('input', `${name} is not an image: ${reason(error)}`, 'make the dataset again', error);
  }
}

/** The labels of a tile in the size shown on a sheet. Each shown pixel gets the label at its centre. */
export function labelPanel({ width, height, data }: Pixels): Pixels {
  const target = panelSize({ width, height });
  const shown = new Uint8Array(target.width * target.height);
  for (let y = 0; y < target.height; y++) {
    const row = Math.floor(((y + 0.5) * height) / target.height) * width;
    for (let x = 0; x < target.width; x++) {
      shown[y * target.width + x] = data[row + Math.floor(((x + 0.5) * width) / target.width)]!;
    }
  }
  return { ...target, channels: 1, data: shown };
}

/** The path of a sheet. Numbers start at 1. */
export function sheetPath(stem: string, number: number): string {
  return `${stem}-${String(number).padStart(2, '0')}.png`;
}
