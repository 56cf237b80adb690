import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { runsOfLabel } from '../../../dist/plan/labels/runs/label-runs.js';
import { defaultConfig } from '../../../dist/truth/config.js';
import { openTruth } from '../../../dist/truth/open.js';
import { memoryScratch } from '../../plan/labels/scratch.ts';
import { sharedFile } from '../../shared.js';
import { greyPixels } from '../read.js';

const csv = sharedFile('hubmap/train_rle_full_res_2slides.csv');
const masks = sharedFile('hubmap/masks');
const megabyte = 2 ** 20;

/** Side of a tile and of what became one of its pixels, in level-0 pixels. */
const TILE = 4096;
const CELL = 16;

/**
 * How the masks at 1/16 were made, found by trying: the slide is padded with 0 to whole tiles of 4096, half of it (rounded
 * down) before; every 16th pixel, from the first, is kept; tile `n` is the `n`th, row by row.
 */
interface Tile {
  readonly x: number;
  readonly y: number;
  readonly mask: Uint8Array;
  /** What was decoded: pixels of each cell that are set, and whether its first one is. */
  readonly set: Uint16Array;
  readonly first: Uint8Array;
}

async function tilesOf(id: string, width: number, height: number): Promise<Tile[]> {
  const pad = (length: number) => (TILE - (length % TILE)) % TILE;
  const across = (width + pad(width)) / TILE;
  const names = readdirSync(masks!).filter((name) => name.startsWith(`${id}_`) && name.endsWith('red16.png'));
  return Promise.all(
    names.map(async (name) => {
      const number = Number(/_(\d+)red16/.exec(name)![1]);
      const { data } = await greyPixels(`${masks}/${name}`);
      return {
        x: (number % across) * TILE - Math.floor(pad(width) / 2),
        y: Math.floor(number / across) * TILE - Math.floor(pad(height) / 2),
        mask: data,
        set: new Uint16Array(data.length),
        first: new Uint8Array(data.length),
      };
    }),
  );
}

function count(tile: Tile, y: number, line: Uint8Array): void {
  const row = y - tile.y;
  if (row < 0 || row >= TILE) return;
  const base = Math.floor(row / CELL) * (TILE / CELL);
  for (let x = Math.max(0, -tile.x); x < Math.min(TILE, line.length - tile.x); x++) {
    if (line[tile.x + x] === 0) continue;
    const cell = base + Math.floor(x / CELL);
    tile.set[cell]!++;
    if (row % CELL === 0 && x % CELL === 0) tile.first[cell] = 1;
  }
}

describe.skipIf(csv === undefined || masks === undefined)(
  `real runs of HuBMAP${csv === undefined ? ' (skipped: ../shared/data/hubmap is missing)' : ''}`,
  () => {
    it.each([
      ['2f6ecfcdf', 25794, 31278, 6],
      ['8242609fa', 44066, 31299, 6],
    ])(
      'decodes %s of %i x %i px in bounded memory to what its masks at 1/16 show, and back',
      async (slideName, width, height, tileCount) => {
        const tiles = await tilesOf(slideName, width, height);
        expect(tiles.length).toBe(tileCount);
        const before = process.memoryUsage.rss();
        let peak = before;
        const truth = await openTruth(csv!, { size: { width, height }, config: defaultConfig(), slideName });
        const groupOf = new Uint8Array(256).fill(1, 1);
        const runs = runsOfLabel({ width, height }, groupOf, 'columns', memoryScratch());
        const whole = [{ start: 0, length: width }];
        for await (const band of truth.view({ width, height }).readBands({ start: 0, length: height }, () => whole)) {
          const { data } = band.runs[0]!.pixels;
          for (let row = 0; row < band.height; row++) {
            for (const tile of tiles) count(tile, band.y + row, data.subarray(row * width, (row + 1) * width));
          }
          await runs.add({ y: band.y, width, height: band.height, channels: 1, data });
          peak = Math.max(peak, process.memoryUsage.rss());
        }
        const set = tiles.reduce((sum, { mask }) => sum + mask.filter((value) => value > 0).length, 0);
        expect(set).toBeGreaterThan(3000);
        for (const { mask, first, set } of tiles) {
          expect(first).toEqual(mask.map((value) => (value > 0 ? 1 : 0)));
          // By area: where a cell is all glomerulus, or not at all, the mask says so.
          const clear = Array.from(mask.keys()).filter((i) => set[i] === 0 || set[i] === CELL * CELL);
          expect(clear.every((i) => mask[i]! > 0 === set[i]! > 0)).toBe(true);
        }
        const rows = parse(readFileSync(csv!), { columns: true }) as { id: string; encoding: string }[];
        let text = '';
        for await (const piece of runs.text(1)) text += new TextDecoder().decode(piece);
        expect(text === rows.find(({ id }) => id === slideName)!.encoding).toBe(true);
        expect((peak - before) / megabyte).toBeLessThan(250);
      },
    );
  },
);
