import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Case, Room } from '../table.ts';

/** A slide four times as large as the mask, as the annotations of a whole slide want it. */
const LARGE = ['--slide-size', '3200x2400'];

/** What `segtile evaluate s.mask.tif --truth …` says of the classes: pixels of the mask that the truth has. */
async function truthPixels(room: Room, name: string, classes: readonly string[], ...words: readonly string[]) {
  const file = join(room.cwd, 'classes.json');
  writeFileSync(
    file,
    JSON.stringify({ classes: classes.map((each, i) => (i > 0 ? { name: each } : { name: each, names: ['class 1'] })) }),
  );
  const [mask, truth] = [room.input('geojson/s.mask.tif'), room.input(`geojson/${name}`)];
  const ended = await room.segtile(['evaluate', mask, '--truth', truth, '--classes', file, '--json', ...words]);
  expect(ended, ended.stderr).toMatchObject({ code: 0 });
  const { classes: found, macro } = JSON.parse(ended.stdout.split('\n')[0]!);
  const pixels = found.map(({ areas }: { areas: { truth: number } }) => areas.truth);
  return { pixels, dice: macro.dice, stderr: ended.stderr };
}

const whole = ['nan.geojson', 'points.geojson', 'nan_coco.json'].map(
  (name): Case => ({
    name: `geojson/${name}: what is no number or has no area is not the end of the file`,
    check: async (room) => {
      const { dice, stderr } = await truthPixels(room, name, ['t']);
      expect(dice).toBe(1);
      expect(stderr.split('\n').filter((line) => line.includes('skipped annotations')).length).toBe(
        name === 'points.geojson' ? 1 : 0,
      );
    },
  }),
);

/** Pixels of the mask under the two rectangles that most of the files have. */
const [FIRST, SECOND] = [250 * 200, 250 * 300];
const ELLIPSE = (Math.PI * 500 * 400) / 16;

const read: readonly (readonly [string, readonly string[], readonly number[], RegExp?])[] = [
  ['07_parentClass_v03.geojson', ['Tumor: Positive', 'Stroma: Positive'], [FIRST, SECOND]],
  ['08_names_v04.geojson', ['Tumor: Positive', 'Stroma: Positive'], [FIRST, SECOND]],
  ['10_ellipse.geojson', ['Tumor'], [ELLIPSE]],
  ['11_multipolygon_hole.geojson', ['Tumor'], [FIRST - 50 * 50 + SECOND]],
  ['13_points.geojson', ['Tumor'], [FIRST], /skipped annotations: 1 of type MultiPoint/],
  ['18_childObjects.geojson', ['Tumor', 'Stroma'], [FIRST - 25 * 25, 25 * 25]],
  ['22_null_geom.geojson', ['Tumor'], [FIRST], /skipped annotations: 1 without a geometry/],
  ['33_fc.geojson.gz', ['Tumor', 'Stroma'], [FIRST, SECOND]],
];

const forms = read.map(
  ([name, classes, pixels, note]): Case => ({
    name: `geojson/${name}: ${classes.join(', ')}`,
    check: async (room) => {
      const found = await truthPixels(room, name, classes, ...LARGE);
      // A polygon with 64 sides is a little less than its ellipse.
      for (const [i, count] of found.pixels.entries())
        expect(count / pixels[i]!).toBeCloseTo(1, name.includes('ellipse') ? 2 : 9);
      if (note) expect(found.stderr).toMatch(note);
    },
  }),
);

export const cases: readonly Case[] = [...whole, ...forms];
