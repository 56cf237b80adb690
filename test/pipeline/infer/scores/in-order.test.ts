import fc from 'fast-check';
import { expect, test } from 'vitest';
import { inOrder, type Stages } from '../../../../dist/pipeline/infer/scores/in-order.js';
import type { Slot } from '../../../../dist/pipeline/infer/stitching/stitchers.js';
import { createStageClock } from '../../../../dist/pipeline/records/stage-clock.js';
import { createGrid } from '../../../../dist/plan/windows/grid.js';
import { pieceWindows, wholePiece } from '../../../../dist/plan/windows/piece.js';
import { selectWindows } from '../../../../dist/plan/windows/selection.js';
import type { Strip } from '../../../../dist/strip/strip.js';

const side = (length: number) => ({ width: length, height: length });
const grid = createGrid({ size: { width: 300, height: 260 }, window: side(64), stride: side(32), margin: 0, border: 'keep' });
const piece = wholePiece(grid.size);
const wanted = pieceWindows(
  grid,
  selectWindows(grid, () => true),
  'gaussian',
  piece,
  false,
);

/** What goes wrong, and when: the stage, and how often it works before. */
type Fault = { readonly at: 'read' | 'infer' | 'take' | 'mask' | 'consumer' | 'leave' | 'abort'; readonly after: number };

/** Waits for some turns of the event loop: 0 is a promise that is done. */
async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await (i % 2 === 0 ? Promise.resolve() : new Promise((resolve) => setImmediate(resolve)));
}

/** Runs the whole pipeline with stages of such slowness, and faults. */
async function run({ slots, capacity, ahead, slow, faults }: Schedule) {
  const broken = new Set<Error>();
  const calls = new Map<Fault['at'], number>();
  const controller = new AbortController();
  const failing = (at: Fault['at']): void => {
    const call = calls.get(at) ?? 0;
    calls.set(at, call + 1);
    if (!faults.some((fault) => fault.at === at && fault.after === call)) return;
    const error = new Error(`${at} ${call}`);
    broken.add(error);
    throw error;
  };
  let tick = 0;
  /** Windows whose pixels are in memory. */
  let held = 0;
  const wait = (stage: number): Promise<void> => turns(slow[(stage * 7 + tick++) % slow.length]!);

  async function* windows() {
    for (let row = 0; row < wanted.count; row++) {
      for (const window of wanted.kept(row)) {
        await wait(0);
        failing('read');
        held++;
        yield { window, pixels: new Uint8Array(new SharedArrayBuffer(2)), flat: false, release: () => void held-- };
      }
    }
  }
  const all = Array.from(
    { length: slots },
    (_, index): Slot => ({ index, scores: new Float32Array(new SharedArrayBuffer(4)) }),
  );
  const free = [...all];
  const waiting: { resolve(slot: Slot): void; reject(error: unknown): void }[] = [];
  let stopped: unknown;
  const added: number[] = [];
  let [taken, running, most, recycled, given] = [0, 0, 0, 0, 0];
  const release = (slot: Slot): void => {
    const first = waiting.shift();
    if (first) first.resolve(slot);
    else free.push(slot);
  };
  // The thread that stitches: one order after the other, each as slow as it likes.
  let last: Promise<unknown> = Promise.resolve();
  const stages: Stages = {
    windows: windows(),
    model: {
      capacity,
      async runShared() {
        most = Math.max(most, ++running);
        try {
          await wait(1);
          expect(held).toBeLessThanOrEqual(2 * capacity + 1);
          failing('infer');
        } finally {
          running--;
        }
      },
    },
    async mask() {
      failing('mask');
      return undefined;
    },
    stitchers: {
      slot() {
        if (stopped) return Promise.reject(stopped);
        const slot = free.pop();
        return slot ? Promise.resolve(slot) : new Promise((resolve, reject) => waiting.push({ resolve, reject }));
      },
      add(window, slot) {
        last = last
          .then(() => wait(2))
          .then(() => {
            added.push(window.index);
            release(slot);
          });
      },
      release,
      take(rows) {
        const y = taken;
        taken += rows;
        const strip = last
          .then(() => wait(3))
          .then(() => {
            failing('take');
            return { kind: 'strip', y, height: rows, labels: undefined, scores: undefined, inside: 0 } as unknown as Strip;
          });
        last = strip.catch(() => undefined);
        return strip;
      },
      recycle: () => {
        recycled++;
      },
      recycleLabels: () => undefined,
      stop(error) {
        stopped ??= error;
        for (const { reject } of waiting.splice(0)) reject(error);
      },
    },
  };
  const settings = { grid, blend: 'gaussian', piece, wanted, nan: undefined, look: undefined, ahead } as const;
  let end = 0;
  let thrown: unknown;
  try {
    for await (const item of inOrder(stages, settings, createStageClock(), () => undefined, controller.signal)) {
      if (item.kind !== 'strip') continue;
      expect(item.y).toBe(end);
      end += item.height;
      given++;
      await wait(4);
      failing('consumer');
      const after = (at: Fault['at']) => faults.some((fault) => fault.at === at && fault.after === given);
      if (after('abort')) controller.abort();
      if (after('leave')) break;
    }
  } catch (error) {
    thrown = error;
  }
  expect(running).toBe(0);
  expect(most).toBeLessThanOrEqual(capacity);
  expect(added).toEqual([...added].sort((a, b) => a - b));
  expect(given - recycled).toBeLessThanOrEqual(1);
  return { end, thrown, broken, added: added.length, aborted: controller.signal.aborted };
}

interface Schedule {
  readonly slots: number;
  readonly capacity: number;
  readonly ahead: number;
  readonly slow: readonly number[];
  readonly faults: readonly Fault[];
}

const schedules = fc.record({
  slots: fc.integer({ min: 1, max: 9 }),
  capacity: fc.integer({ min: 1, max: 8 }),
  ahead: fc.integer({ min: 0, max: 5 }),
  slow: fc.array(fc.nat(4), { minLength: 1, maxLength: 9 }),
  faults: fc.array(
    fc.record({
      at: fc.constantFrom<Fault['at']>('read', 'infer', 'take', 'mask', 'consumer', 'leave', 'abort'),
      after: fc.nat(60),
    }),
    { maxLength: 3 },
  ),
});

test('whatever is slow or fails, the stages end, in order, and no error is lost', async () => {
  await fc.assert(
    fc.asyncProperty(schedules, async (schedule) => {
      const { end, thrown, broken, added, aborted } = await run(schedule);
      if (thrown === undefined) {
        const left = schedule.faults.some(({ at }) => at === 'leave');
        if (!left) expect({ end, added }).toEqual({ end: grid.size.height, added: wanted.total });
      } else if (!(aborted && (thrown as { code?: string }).code === 'aborted')) expect(broken).toContain(thrown);
    }),
    // SCHEDULES=2000 tries many more, in a minute or two.
    { numRuns: Number(process.env.SCHEDULES ?? 60) },
  );
});
