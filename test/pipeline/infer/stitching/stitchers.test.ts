import './sixteen-processors.ts';

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stitchedColumns } from '../../../../dist/pipeline/infer/stitching/columns.js';
import { openStitchers } from '../../../../dist/pipeline/infer/stitching/stitchers.js';
import { CHUNK_HEIGHT, ringOf } from '../../../../dist/plan/memory/ring.js';
import { createGrid } from '../../../../dist/plan/windows/grid.js';
import { pieceWindows, wholePiece } from '../../../../dist/plan/windows/piece.js';
import { selectWindows } from '../../../../dist/plan/windows/selection.js';
import { createStitch, finalAfter } from '../../../../dist/stitch/stitch.js';
import type { ScoreRows, Window } from '../../../../dist/types.js';

const size = { width: 2100, height: 150 };
const side = (length: number) => ({ width: length, height: length });
const grid = createGrid({ size, window: side(64), stride: side(48), margin: 0, border: 'keep' });
const piece = wholePiece(size);
const blend = 'gaussian';
const wanted = pieceWindows(
  grid,
  selectWindows(grid, () => true),
  blend,
  piece,
  false,
);
const rows = Array.from({ length: grid.rows }, (_, row) => wanted.kept(row));

const scoresOf = ({ index }: Window) =>
  Float32Array.from({ length: 64 * 64 }, (_, i) => ((index * 7919 + i * 31) % 1009) / 1009);

/** Scores by their place, from rows in whatever blocks. */
function gather(all: readonly ScoreRows[]): Float32Array {
  const out = new Float32Array(size.width * size.height);
  for (const { blocks } of all)
    for (const { x, y, width, height, data } of blocks)
      for (let row = 0; row < height; row++) out.set(data.subarray(row * width, (row + 1) * width), (y + row) * size.width + x);
  return out;
}

/** A copy, because the memory is used again. */
const copied = (scores: ScoreRows): ScoreRows => ({
  ...scores,
  blocks: scores.blocks.map((block) => ({ ...block, data: block.data.slice() })),
});

function inOneThread(): Float32Array {
  const stitch = createStitch(grid, 1, blend);
  return gather(
    rows.flatMap((windows, row) => {
      for (const window of windows) stitch.add({ window, data: scoresOf(window) });
      return Array.from(stitch.complete(row), copied);
    }),
  );
}

/** Lets so many turns of the event loop pass; from 5 on, a millisecond more. */
async function pause(turns: number): Promise<void> {
  if (turns >= 5) await new Promise((resolve) => setTimeout(resolve, 1));
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
}

test('slots go from thread to thread and come back, however few there are and however slowly windows come', async () => {
  expect(stitchedColumns(piece)).toHaveLength(4);
  const due = inOneThread();
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 6 }),
      fc.array(fc.nat(6), { minLength: 1, maxLength: 12 }),
      async (slots, together, pauses) => {
        const ring = ringOf(grid, wanted, blend);
        const task = { grid, channels: 1, blend, piece, labelling: undefined, ring, slots, note: () => undefined } as const;
        const stitchers = openStitchers(task);
        const strips: ScoreRows[] = [];
        let count = 0;
        let y = 0;
        try {
          for (const [row, windows] of rows.entries()) {
            // Some slots are asked for before the first of them is given.
            for (let from = 0; from < windows.length; from += together) {
              const asked = windows.slice(from, from + together).map((window) => [window, stitchers.slot()] as const);
              for (const [window, promised] of asked) {
                const slot = await promised;
                slot.scores.set(scoresOf(window));
                await pause(pauses[count++ % pauses.length]!);
                stitchers.add(window, slot);
              }
            }
            const end = finalAfter(grid, blend, piece, row);
            while (y < end) {
              const strip = await stitchers.take(Math.min(CHUNK_HEIGHT, end - y), false);
              strips.push(copied(strip.scores!));
              stitchers.recycle(strip);
              y += strip.height;
            }
          }
        } finally {
          await stitchers.close();
        }
        const made = gather(strips);
        expect(made.every((score, i) => score === due[i])).toBe(true);
      },
    ),
    { numRuns: 40 },
  );
});
