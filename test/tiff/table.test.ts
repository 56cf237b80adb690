import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { openSlide } from '../../dist/slide/open.js';
import type { Slide } from '../../dist/slide/slide.js';
import type { Band, Span } from '../../dist/types.js';
import { compare, gather } from './pictures.js';
import { readTable, type TableFile, type TableLevel } from './table.js';

const table = readTable();
const folder = mkdtempSync(join(tmpdir(), 'segtile-table-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Writes a file of the table, opens it, and closes it after use. */
async function withSlide<T>(file: string, use: (slide: Slide) => Promise<T>): Promise<T> {
  const path = join(folder, file);
  writeFileSync(path, table.bytes.get(file)!);
  try {
    const slide = await openSlide(path);
    try {
      return await use(slide);
    } finally {
      await slide.close();
    }
  } finally {
    rmSync(path);
  }
}

const spanIn = (length: number) =>
  fc
    .tuple(fc.nat(length - 1), fc.nat(length - 1))
    .map(([a, b]) => ({ start: Math.min(a, b), length: Math.abs(a - b) + 1 }) satisfies Span);

/** The wanted part of bands that may hold more. */
async function piece(bands: AsyncIterable<Band>, columns: Span, rows: Span, width: number): Promise<Uint8Array> {
  const found = await gather(bands, width, rows.length, rows.start);
  return cut(found, columns, { start: 0, length: rows.length }, width);
}

function cut(pixels: Uint8Array, columns: Span, rows: Span, width: number): Uint8Array {
  const out = new Uint8Array(columns.length * rows.length * 3);
  for (let row = 0; row < rows.length; row++) {
    const from = ((rows.start + row) * width + columns.start) * 3;
    out.set(pixels.subarray(from, from + columns.length * 3), row * columns.length * 3);
  }
  return out;
}

async function readsWhole(slide: Slide, levels: readonly TableLevel[], { file, tolerance = 0 }: TableFile): Promise<void> {
  const sizes = (all: readonly { width: number; height: number }[]) => all.map(({ width, height }) => `${width} × ${height}`);
  expect(sizes(slide.levels), file).toEqual(sizes(levels));
  for (const [index, level] of levels.entries()) {
    const { width, height } = level;
    const bands = slide.readBands(index, { start: 0, length: height }, () => [{ start: 0, length: width }]);
    compare(await gather(bands, width, height), table.pixels.get(level.pixels)!, width, tolerance, `${file}, level ${index}`);
  }
}

async function readsPieces(slide: Slide, [level]: readonly TableLevel[], { file, tolerance = 0 }: TableFile): Promise<void> {
  const { width, height } = level!;
  const expected = table.pixels.get(level!.pixels)!;
  const pieces = fc.record({ columns: spanIn(width), rows: spanIn(height) });
  await fc.assert(
    fc.asyncProperty(pieces, async ({ columns, rows }) => {
      const found = await piece(
        slide.readBands(0, rows, () => [columns]),
        columns,
        rows,
        width,
      );
      const where = `${file}, ${columns.length} columns from ${columns.start} of ${rows.length} rows from ${rows.start}`;
      compare(found, cut(expected, columns, rows, width), columns.length, tolerance, where);
    }),
    { numRuns: 4 },
  );
}

describe('a file that is read', () => {
  test.each(table.files.filter(({ levels }) => levels))('$file', async (entry) => {
    await withSlide(entry.file, async (slide) => {
      await readsWhole(slide, entry.levels!, entry);
      await readsPieces(slide, entry.levels!, entry);
      if (entry.mpp !== undefined) expect(slide.mpp, entry.file).toMatchObject({ x: entry.mpp, y: entry.mpp });
    });
  });
});

describe('a file that is refused', () => {
  test.each(table.files.filter(({ error }) => error))('$file', async (entry) => {
    const { code, says } = entry.error!;
    const reading = withSlide(entry.file, async (slide) => {
      const { width, height } = slide;
      for await (const _ of slide.readBands(0, { start: 0, length: height }, () => [{ start: 0, length: width }]));
    });
    await expect(reading, entry.file).rejects.toMatchObject({
      name: 'SegtileError',
      code,
      message: expect.stringContaining(says),
    });
  });
});

test('the table holds what its list says', () => {
  expect(table.files.length).toBeGreaterThan(600);
  expect(table.files.map(({ file }) => file).sort()).toEqual([...table.bytes.keys()].sort());
});
