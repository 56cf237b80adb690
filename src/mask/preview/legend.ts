import { sharp } from '../../io/sharp.js';
import type { Pixels, Rgb } from '../../types.js';
import type { DrawnScaleBar } from '../scale-bar.js';

const lineHeight = 40;
const swatch = 18;
const gap = 8;
const border = 14;
const hatch: Rgb = [186, 186, 186];
/** The colour and the height of the scale bar; the height is in px. */
const BAR: Rgb = [0, 0, 0];
const BAR_HEIGHT = 6;

/** A colour and what it means. */
export interface LegendEntry {
  readonly name: string;
  readonly color: Rgb;
}

/** A box or a bar of a colour and what it means, as black text on white. */
type Line = { readonly color: Rgb; readonly width: number; readonly height: number; readonly text: Pixels };

/**
 * Draws a white strip, `width` px wide, with the names of the colours and the scale bar, if there is one. Undefined if
 * this machine has no font or the picture is too narrow.
 */
export async function legend(
  width: number,
  classes: readonly LegendEntry[],
  skipped: boolean,
  scale?: DrawnScaleBar,
): Promise<Pixels | undefined> {
  if (width < 240 || !(await hasFont())) return undefined;
  const named = [...classes, ...(skipped ? [{ name: 'skipped', color: hatch }] : [])];
  const limit = width - 2 * border - swatch - gap;
  const entries: Line[] = await Promise.all(
    named.map(async ({ name, color }) => ({ color, width: swatch, height: swatch, text: await written(name, limit) })),
  );
  if (scale) entries.push({ color: BAR, width: scale.length, height: BAR_HEIGHT, text: await written(scale.text, limit) });

  const placed: { entry: Line; x: number; line: number }[] = [];
  let [x, line] = [border, 0];
  for (const entry of entries) {
    const needed = entry.width + gap + entry.text.width;
    if (x > border && x + needed > width - border) [x, line] = [border, line + 1];
    placed.push({ entry, x, line });
    x += needed + 3 * gap;
  }

  const height = (line + 1) * lineHeight;
  const data = new Uint8Array(width * height * 3).fill(255);
  for (const { entry, x, line } of placed) {
    const middle = line * lineHeight + lineHeight / 2;
    for (let row = middle - entry.height / 2; row < middle + entry.height / 2; row++) {
      for (let column = x; column < x + entry.width; column++) data.set(entry.color, (row * width + column) * 3);
    }
    const { text } = entry;
    const top = Math.round(middle - text.height / 2);
    for (let row = 0; row < Math.min(text.height, lineHeight); row++) {
      const source = text.data.subarray(row * text.width * 3, (row + 1) * text.width * 3);
      data.set(source, ((top + row) * width + x + entry.width + gap) * 3);
    }
  }
  return { width, height, channels: 3, data };
}

/**
 * Black text on white as an RGB picture, wrapped to be at most `limit` px wide; undefined if this machine has no font.
 */
export async function writtenLines(text: string, limit: number): Promise<Pixels | undefined> {
  return (await hasFont()) ? written(text, limit, true) : undefined;
}

/**
 * A line of black text on white as an RGB picture, cut off after `limit` px; undefined if this machine has no font.
 */
export async function writtenLine(text: string, limit: number): Promise<Pixels | undefined> {
  return (await hasFont()) ? written(text, limit) : undefined;
}

async function written(name: string, limit: number, wraps = false): Promise<Pixels> {
  // The text is Pango markup, in which these three characters have a meaning.
  const letters = name.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);
  // Without this, Pango would add hyphens to a name that it breaks.
  const markup = wraps ? `<span insert_hyphens="false">${letters}</span>` : letters;
  const text = sharp({
    text: { text: markup, font: 'sans 13', dpi: 96, rgba: true, ...(wraps && { width: limit, wrap: 'word-char' as const }) },
  });
  const { data, info } = await text
    .flatten({ background: '#fff' })
    .removeAlpha()
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  if (info.width <= limit) return { width: info.width, height: info.height, channels: 3, data };
  const cut = await sharp(data, { raw: { width: info.width, height: info.height, channels: 3 } })
    .extract({ left: 0, top: 0, width: limit, height: info.height })
    .raw()
    .toBuffer();
  return { width: limit, height: info.height, channels: 3, data: cut };
}

/**
 * Whether this machine has a font. Without one, every letter is drawn as the same empty box, so all letters are equally
 * wide.
 */
function hasFont(): Promise<boolean> {
  fontFound ??= Promise.all([written('i', 1000), written('W', 1000)]).then(([narrow, wide]) => narrow.width !== wide.width);
  return fontFound;
}

let fontFound: Promise<boolean> | undefined;
