import type { Pixels } from '../types.js';

/** Pictures shown side by side, with a caption above. */
export interface SheetCell {
  readonly caption: Pixels | undefined;
  readonly panels: readonly Pixels[];
}

/** The layout of a sheet, and what is drawn around its cells. */
export interface SheetFrame {
  /** The number of cells in a row. */
  readonly across: number;
  /** Titles above the panels of the top cells, one per panel. */
  readonly titles: readonly (Pixels | undefined)[];
  /** Strips below all cells, such as legends. */
  readonly below: readonly Pixels[];
}

/** Lengths of a sheet, in px. */
const margin = 20;
const panelGap = 6;
const cellGap = 18;
const lineHeight = 26;
const captionGap = 6;

/** The width of a sheet with panels of this size, in px. */
export function sheetWidth(across: number, panels: number, panel: number): number {
  return 2 * margin + across * cellWidth(panels, panel) + (across - 1) * cellGap;
}

/** The width of a cell, in px. */
export function cellWidth(panels: number, panel: number): number {
  return panels * panel + (panels - 1) * panelGap;
}

/**
 * Arranges pictures on a white sheet, row by row from the left. All pictures are RGB.
 *
 * @param panel the longest side that a panel may have, in px; smaller panels are centred in a square of this side
 */
export function contactSheet(cells: readonly SheetCell[], panel: number, { across, titles, below }: SheetFrame): Pixels {
  const panels = Math.max(1, ...cells.map((cell) => cell.panels.length));
  const rows = Math.ceil(cells.length / across);
  const cellRoom = cellWidth(panels, panel) + cellGap;
  // Captions of several lines are shown completely, and everything below them moves down.
  const captionRoom = Math.max(lineHeight, ...cells.map(({ caption }) => (caption ? caption.height + captionGap : 0)));
  const rowRoom = captionRoom + panel + cellGap;
  const top = margin + (titles.length > 0 ? lineHeight : 0);
  const width = sheetWidth(across, panels, panel);
  const height = top + rows * rowRoom + below.reduce((sum, strip) => sum + strip.height, 0) + margin;
  const sheet = { width, height, channels: 3, data: new Uint8Array(width * height * 3).fill(255) };
  for (let column = 0; column < Math.min(across, cells.length); column++) {
    titles.forEach((title, i) => {
      if (title) paste(sheet, title, margin + column * cellRoom + i * (panel + panelGap), margin);
    });
  }
  cells.forEach(({ caption, panels: own }, index) => {
    const x = margin + (index % across) * cellRoom;
    const y = top + Math.floor(index / across) * rowRoom;
    if (caption) paste(sheet, caption, x, y + Math.max(0, Math.floor((captionRoom - caption.height) / 2)));
    own.forEach((picture, i) => {
      const left = x + i * (panel + panelGap) + Math.floor((panel - picture.width) / 2);
      paste(sheet, picture, left, y + captionRoom + Math.floor((panel - picture.height) / 2));
    });
  });
  let y = top + rows * rowRoom;
  for (const strip of below) {
    paste(sheet, strip, 0, y);
    y += strip.height;
  }
  return sheet;
}

/** Draws a picture onto another one, in place; parts beyond the edges are cut off. */
function paste(sheet: Pixels, picture: Pixels, x: number, y: number): void {
  const columns = Math.min(picture.width, sheet.width - x);
  const rows = Math.min(picture.height, sheet.height - y);
  for (let row = 0; row < rows; row++) {
    const from = row * picture.width * 3;
    sheet.data.set(picture.data.subarray(from, from + columns * 3), ((y + row) * sheet.width + x) * 3);
  }
}
