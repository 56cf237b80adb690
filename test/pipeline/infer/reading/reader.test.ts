import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { type ReadWindow, readInThread } from '../../../../dist/pipeline/infer/reading/reader.js';
import { createGrid } from '../../../../dist/plan/windows/grid.js';
import { pieceWindows, wholePiece } from '../../../../dist/plan/windows/piece.js';
import { selectWindows } from '../../../../dist/plan/windows/selection.js';
import { folder, speckled, writeSlide } from '../../../cli/door.ts';

const path = join(folder(), 'slide.tif');
const size = { width: 300, height: 260 };
const side = (length: number) => ({ width: length, height: length });
const grid = createGrid({ size, window: side(64), stride: side(32), margin: 0, border: 'keep' });
const kept = selectWindows(grid, () => true);
const wanted = pieceWindows(grid, kept, 'gaussian', wholePiece(size), false);
const windows = Array.from({ length: grid.rows }, (_, row) => wanted.kept(row)).flat();
const recipe = { path, layout: 'tiles', options: {}, resolution: { kind: 'level', level: 0 }, request: undefined } as const;

beforeAll(() => writeSlide(path, size.width, size.height, speckled, { pyramid: false }));

const read = (slots: number) => readInThread(recipe, grid, wanted, slots, new AbortController().signal);

function expectPixels({ window: { box }, pixels }: ReadWindow): void {
  let wrong = 0;
  for (let i = 0; i < box.width * box.height; i++) {
    const [x, y] = [box.x + (i % box.width), box.y + Math.floor(i / box.width)];
    wrong += Number(speckled(x, y).some((value, channel) => pixels[3 * i + channel] !== value));
  }
  expect(wrong).toBe(0);
}

test('a window that is given back late does not free memory of what the thread reads next', async () => {
  const late: ReadWindow[] = [];
  for await (const each of read(wanted.total)) late.push(each);
  expect(late).toHaveLength(wanted.total);
  expectPixels(late.at(-1)!);
  const held: ReadWindow[] = [];
  for await (const each of read(2)) {
    for (const { release } of late.splice(0)) release();
    held.push(each);
    if (held.length < 2) continue;
    // Time for the thread to write into a slot that it took for free.
    await new Promise((resolve) => setTimeout(resolve, 200));
    for (const window of held) expectPixels(window);
    break;
  }
  expect(held).toHaveLength(2);
});

/** Lets so many turns of the event loop pass, or none; from 5 on, milliseconds as well. */
async function pause(turns: number): Promise<void> {
  if (turns >= 5) await new Promise((resolve) => setTimeout(resolve, turns - 4));
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
}

test('all windows come in their order, however slowly and in whatever order they are given back', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 5 }),
      fc.array(fc.nat(6), { minLength: 1, maxLength: 12 }),
      fc.array(fc.nat(4), { minLength: 1, maxLength: 12 }),
      async (slots, pauses, picks) => {
        const held: ReadWindow[] = [];
        let count = 0;
        for await (const each of read(slots)) {
          expect(each.window.index).toBe(windows[count]!.index);
          held.push(each);
          await pause(pauses[count % pauses.length]!);
          while (held.length >= slots || (held.length > 0 && picks[count % picks.length] === 0)) {
            const [given] = held.splice(picks[count % picks.length]! % held.length, 1);
            expectPixels(given!);
            given!.release();
          }
          count++;
        }
        expect(count).toBe(windows.length);
      },
    ),
    { numRuns: 60 },
  );
});
