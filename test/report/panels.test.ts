import { describe, expect, it } from 'vitest';
import { writtenLines } from '../../dist/mask/preview/legend.js';
import { contactSheet, sheetWidth } from '../../dist/report/contact-sheet.js';
import { difference, differenceColors, outlined } from '../../dist/report/panels.js';
import type { Pixels, Rgb } from '../../dist/types.js';

const classes = [
  { label: 1, name: 'dark', color: [0, 60, 120] },
  { label: 4, name: 'light', color: [240, 228, 66] },
] as const;

/** A picture of one colour. */
function plain(width: number, height: number, color: Rgb): Pixels {
  return { width, height, channels: 3, data: Uint8Array.from({ length: width * height * 3 }, (_, i) => color[i % 3]!) };
}

function labelled(width: number, height: number, label: (x: number, y: number) => number): Pixels {
  const data = Uint8Array.from({ length: width * height }, (_, i) => label(i % width, Math.floor(i / width)));
  return { width, height, channels: 1, data };
}

const at = ({ data, width }: Pixels, x: number, y: number): number[] => [
  ...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3),
];
const square = (x: number, y: number): boolean => x >= 8 && x < 24 && y >= 8 && y < 24;

describe('an outline', () => {
  it('is two pixels of the class inside, a line that stands out around, and a tint within', () => {
    const image = plain(32, 32, [200, 200, 200]);
    for (const { label, color } of classes) {
      const shown = outlined(
        image,
        labelled(32, 32, (x, y) => (square(x, y) ? label : 0)),
        classes,
      );
      expect([at(shown, 8, 15), at(shown, 9, 15), at(shown, 15, 23)]).toEqual([color, color, color]);
      const around = at(shown, 7, 15)[0]!;
      expect(label === 1 ? around > 230 : around < 70).toBe(true);
      expect(at(shown, 15, 15)).toEqual(color.map((part) => Math.round(200 + 0.14 * (part - 200))));
      expect(at(shown, 2, 2)).toEqual([200, 200, 200]);
    }
    expect([...image.data].every((value) => value === 200)).toBe(true);
  });

  it('does not follow the edge of the picture, and hatches what is ignored', () => {
    const image = plain(32, 32, [200, 200, 200]);
    const full = outlined(
      image,
      labelled(32, 32, () => 1),
      classes,
    );
    expect(new Set(Array.from({ length: 32 }, (_, i) => at(full, 0, i).join()))).toEqual(new Set([at(full, 15, 15).join()]));
    const ignored = outlined(
      image,
      labelled(32, 32, () => 255),
      classes,
    );
    expect(new Set(Array.from({ length: 32 }, (_, i) => at(ignored, i, 5)[0]))).toEqual(new Set([160, 200]));
  });
});

describe('a difference', () => {
  it('has a colour for each way to differ, grey for the rest, and does not count what is ignored', () => {
    // Columns: agreed background, agreed class, truth only, prediction only, another class, ignored.
    const truth = labelled(6, 9, (x) => [0, 1, 1, 0, 1, 255][x]!);
    const predicted = labelled(6, 9, (x) => [0, 1, 0, 4, 4, 1][x]!);
    const shown = difference(plain(6, 9, [100, 100, 100]), truth, predicted);
    const mixed = (color: Rgb): number[] => color.map((part) => Math.round(190 * (1 - 0.8) + part * 0.8));
    const { truthOnly, predictionOnly, otherClass } = differenceColors;
    expect([0, 1, 2, 3, 4].map((x) => at(shown, x, 0))).toEqual([
      [190, 190, 190],
      [105, 105, 105],
      mixed(truthOnly),
      mixed(predictionOnly),
      mixed(otherClass),
    ]);
    const ignored = new Set(Array.from({ length: 9 }, (_, y) => at(shown, 5, y).join()));
    expect(ignored).toEqual(new Set(['190,190,190', mixed(differenceColors.ignored).join()]));
  });
});

describe('a contact sheet', () => {
  it('has each panel in a place of its own on white, and strips below', () => {
    const colors: Rgb[] = [
      [10, 0, 0],
      [20, 0, 0],
      [30, 0, 0],
      [40, 0, 0],
      [50, 0, 0],
      [60, 0, 0],
    ];
    const cells = [0, 1, 2].map((i) => ({
      caption: plain(30, 10, [0, 0, 200 + i]),
      panels: [plain(40, 40, colors[2 * i]!), plain(40, 20, colors[2 * i + 1]!)],
    }));
    const strip = plain(1000, 12, [0, 99, 0]);
    const sheet = contactSheet(cells, 40, { across: 2, titles: [], below: [strip] });
    expect(sheet.width).toBe(sheetWidth(2, 2, 40));
    const counts = new Map<string, number>();
    for (let i = 0; i < sheet.data.length; i += 3) {
      const color = sheet.data.subarray(i, i + 3).join();
      counts.set(color, (counts.get(color) ?? 0) + 1);
    }
    colors.forEach((color, i) => {
      expect(counts.get(color.join())).toBe(i % 2 === 0 ? 1600 : 800);
    });
    for (const blue of [200, 201, 202]) expect(counts.get(`0,0,${blue}`)).toBe(300);
    expect(counts.get('0,99,0')).toBe(sheet.width * 12);
    const found = [...counts.values()].reduce((sum, n) => sum + n, 0);
    expect(found).toBe(sheet.width * sheet.height);
    expect(counts.get('255,255,255')).toBe(found - 3 * 1600 - 3 * 800 - 900 - sheet.width * 12);
  });
});

it('a caption has as many lines as it needs, and the picture stands below all of them', async () => {
  const long = 'a_name_without_any_place_to_break_it_TCGA-XX-1234-01Z_x001024_y002048   IoU 0.50: tubule 0.50 (train, fold 1)';
  const [one, several] = [await writtenLines('short', 200), await writtenLines(long, 200)];
  if (one === undefined || several === undefined) return; // No font on this machine.
  expect(several.width).toBeLessThanOrEqual(200);
  expect(several.height).toBeGreaterThan(3 * one.height);
  const panel = { width: 200, height: 200, channels: 3, data: new Uint8Array(200 * 200 * 3).fill(7) } as const;
  const frame = { across: 1, titles: [], below: [] };
  const sheet = contactSheet([{ caption: several, panels: [panel] }], 200, frame);
  const row = (y: number): Uint8Array => sheet.data.subarray((y * sheet.width + 20) * 3, (y * sheet.width + 220) * 3);
  let top = 0;
  while (!row(top).every((sample) => sample === 7)) top++;
  // All of the caption is there, letter for letter.
  const wanted = Array.from({ length: several.height }, (_, y) =>
    Buffer.from(several.data.subarray(y * several.width * 3, (y + 1) * several.width * 3)),
  );
  const shown = Array.from({ length: top }, (_, y) => Buffer.from(row(y).subarray(0, several.width * 3)));
  expect(Buffer.concat(shown).includes(Buffer.concat(wanted))).toBe(true);
});
