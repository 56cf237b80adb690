import fc from 'fast-check';
import { expect, test } from 'vitest';
import { emptyLabelCount, type LabelRule, putLabelRows } from '../../dist/plan/labels/labels.js';
import { createArena, kernelOrLoops } from '../../dist/stitch/arena.js';
import { clearRoom, createKernel, createRoom } from '../../dist/stitch/kernel.js';
import { createLoops } from '../../dist/stitch/loops.js';

const both = [
  ['WebAssembly', createKernel],
  ['plain loops', createLoops],
] as const;

test.each(both)(
  '%s: a rectangle of any size at any place gains weights times scores, each rounded once, and nothing else changes',
  (_, create) => {
    const cases = fc
      .record({
        width: fc.integer({ min: 1, max: 40 }),
        height: fc.integer({ min: 1, max: 9 }),
        planes: fc.integer({ min: 1, max: 3 }),
      })
      .chain(({ width, height, planes }) =>
        fc.record({
          width: fc.constant(width),
          height: fc.constant(height),
          planes: fc.constant(planes),
          plane: fc.nat(planes - 1),
          x: fc.nat(width - 1),
          y: fc.nat(height - 1),
          count: fc.nat(width),
          rows: fc.nat(height),
          seed: fc.nat(1000),
        }),
      );
    fc.assert(
      fc.property(cases, ({ width, height, planes, plane, x, y, seed, ...most }) => {
        const [count, rows] = [Math.min(most.count, width - x), Math.min(most.rows, height - y)];
        const pixels = width * height;
        const noise = (length: number, salt: number) =>
          Float32Array.from({ length }, (_, i) => Math.sin(i * 12.9 + salt + seed));
        const [weights, scores] = [noise(pixels, 1), noise(planes * pixels, 2)];
        const arena = createArena(
          weights,
          { width, planes, sumStride: 64, blockSize: 64 * 12, dividedRows: 4 },
          2 ** 20,
          create(),
        );
        const [other, at] = [arena.take()!, arena.take()!];
        const before = noise(64 * 12, 3);
        arena.floats.set(before, at);
        arena.load(scores);
        arena.add({ sums: at + 64 + 3, pixel: y * width + x, plane, count, rows });

        const wanted = before.slice();
        for (let row = 0; row < rows; row++) {
          for (let column = 0; column < count; column++) {
            const from = (y + row) * width + x + column;
            const product = Math.fround(weights[from]! * scores[plane * pixels + from]!);
            wanted[64 * (row + 1) + 3 + column] = wanted[64 * (row + 1) + 3 + column]! + product;
          }
        }
        expect(arena.floats.slice(at, at + 64 * 12)).toEqual(wanted);
        expect(arena.floats.slice(other, at).every((sum) => sum === 0)).toBe(true);
      }),
      { numRuns: 300 },
    );
  },
);

test.each(both)(
  '%s: rows of sums are divided, each quotient rounded once, and leave zeros, but for what lies beside them',
  (_, create) => {
    const [stride, height] = [48, 6];
    const cases = fc.record({
      x: fc.nat(stride - 1),
      y: fc.nat(height - 1),
      row: fc.nat(3),
      count: fc.nat(stride),
      rows: fc.nat(4),
      to: fc.nat(stride),
      holes: fc.array(fc.nat(stride * height - 1), { maxLength: 3 }),
      gaps: fc.array(fc.nat(stride * 4 - 1), { maxLength: 3 }),
      seed: fc.nat(1000),
    });
    fc.assert(
      fc.property(cases, ({ x, y, row, to, seed, holes, gaps, ...most }) => {
        const [count, rows] = [Math.min(most.count, stride - x), Math.min(most.rows, height - y, 4 - row)];
        const shape = { width: 2, planes: 2, sumStride: stride, blockSize: stride * height, dividedRows: 4 };
        const arena = createArena(new Float32Array(4), shape, 2 ** 20, create());
        const at = arena.take()!;
        const sums = Float32Array.from({ length: stride * height }, (_, i) => Math.sin(i * 12.9 + seed));
        for (const hole of holes) sums[hole] = Number.NaN;
        const divisors = Float32Array.from({ length: stride * 4 }, (_, i) => 1.5 + Math.cos(i * 7.7 + seed));
        for (const gap of gaps) divisors[gap] = 0;
        arena.floats.set(sums, at);
        arena.divisors.set(divisors);
        const { hasGaps, isDoubtful } = arena.divide({ sums: at + y * stride + x, row, count, rows, to });
        const quotients = arena.quotients.slice(to, to + rows * count);

        const [wanted, left] = [new Float32Array(rows * count), sums.slice()];
        let [gapsSeen, missing] = [false, false];
        for (let r = 0; r < rows; r++) {
          for (let c = 0; c < count; c++) {
            const from = (y + r) * stride + x + c;
            const divisor = divisors[(row + r) * stride + c]!;
            wanted[r * count + c] = sums[from]! / divisor;
            gapsSeen ||= divisor === 0;
            missing ||= divisor !== 0 && Number.isNaN(sums[from]!);
            left[from] = 0;
          }
        }
        expect(quotients).toEqual(wanted);
        expect([hasGaps, isDoubtful]).toEqual([gapsSeen, missing]);
        expect(arena.floats.slice(at, at + stride * height)).toEqual(left);
      }),
      { numRuns: 300 },
    );
  },
);

test('labels of WebAssembly are those of the plain loops, whatever the scores and the rule, and so are their counts', () => {
  // Few values, so that many scores are equal to one another and to thresholds.
  const score = fc.oneof(fc.constantFrom(Number.NaN, 0, -0, 0.2, 0.5, -3, Infinity, -Infinity), fc.float());
  const channels = fc.integer({ min: 1, max: 4 });
  const cases = fc
    .tuple(channels, fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 4 }))
    .chain(([classes, width, height]) => {
      const each = <T>(value: fc.Arbitrary<T>) => fc.array(value, { minLength: classes, maxLength: classes });
      const threshold = fc.option(fc.oneof(fc.constantFrom(0, 0.2, 0.5), fc.double({ min: 0, max: 1 })), { nil: undefined });
      const length = classes * width * height;
      return fc.record({
        block: fc.record({
          ...{ x: fc.constant(0), y: fc.constant(0), width: fc.constant(width), height: fc.constant(height) },
          classes: fc.constant(classes),
          data: fc.array(score, { minLength: length, maxLength: length }).map((data) => Float32Array.from(data)),
        }),
        labels: each(fc.constantFrom(0, 1, 2, 200, 255)),
        thresholds: fc.option(each(threshold)),
      });
    });
  const shape = { width: 2, planes: 4, sumStride: 20, blockSize: 80, dividedRows: 4 };
  const arena = createArena(new Float32Array(4), shape, 2 ** 20);
  fc.assert(
    fc.property(cases, ({ block, labels, thresholds }) => {
      const rule: LabelRule = thresholds ? { kind: 'thresholds', labels, thresholds } : { kind: 'argmax', labels };
      const inArena = { ...block, data: arena.quotients.subarray(0, block.data.length) };
      inArena.data.set(block.data);
      const [plain, fast] = [block, inArena].map((scores) => {
        const [data, count] = [new Uint8Array(block.width * block.height), emptyLabelCount()];
        const memory = { data, x: 0, width: block.width };
        const rows = { y: 0, height: block.height, blocks: [scores] };
        putLabelRows(rows, memory, rule, count, scores === block ? undefined : arena.labelLoops);
        return { data, count };
      });
      expect(fast).toEqual(plain);
      expect(inArena.data).toEqual(block.data);
    }),
    { numRuns: 1000 },
  );
});

test('an arena is full at so many bytes, but has room for one block', () => {
  const arena = createArena(new Float32Array(16), { width: 4, planes: 1, sumStride: 8, blockSize: 1000, dividedRows: 2 }, 1);
  expect(arena.take()).toBeDefined();
  expect(arena.take()).toBeUndefined();
});

test.each(both)('%s: a block that no memory holds is an error that says what to do', (_, create) => {
  const shape = { width: 4, planes: 9, sumStride: 8, blockSize: 2 ** 40, dividedRows: 2 };
  const arena = createArena(new Float32Array(16), shape, 1, create());
  expect(() => arena.take()).toThrow(
    expect.objectContaining({
      code: 'usage',
      message: expect.stringMatching(/^blending needs 4194304 MiB in one piece/),
      hint: expect.stringMatching(/^use a smaller --window/),
    }),
  );
});

test('without memory for WebAssembly there are plain loops, and a sentence that says why', () => {
  const notes: string[] = [];
  const refused = (): never => {
    throw new RangeError('WebAssembly.Memory(): could not allocate memory');
  };
  const kernel = kernelOrLoops((note) => notes.push(note), refused);
  expect(kernel.memory.buffer.constructor).toBe(ArrayBuffer);
  expect(notes).toEqual([expect.stringMatching(/could not allocate memory.*ulimit -v.*NODE_OPTIONS/)]);
});

test('the memory of plain loops keeps what it holds when it grows', () => {
  const { memory } = createLoops();
  new Uint8Array(memory.buffer).fill(7);
  const before = memory.buffer.byteLength;
  memory.take(before);
  for (const pages of [1, 5, 100]) memory.take(pages * 65_536);
  const bytes = new Uint8Array(memory.buffer);
  expect(bytes.length).toBeGreaterThanOrEqual(before + 106 * 65_536);
  expect(bytes.subarray(0, before).every((byte) => byte === 7)).toBe(true);
  expect(bytes.subarray(before).every((byte) => byte === 0)).toBe(true);
});

test('kernels in one room allocate apart from each other, and a cleared room gives zeros again', () => {
  const room = createRoom();
  const [first, second] = [createKernel(room), createKernel(room)];
  const starts = [first.memory.take(1), second.memory.take(70_000), first.memory.take(1)];
  expect(starts).toEqual([0, 65_536, 3 * 65_536]);
  new Uint8Array(first.memory.buffer).fill(9);
  clearRoom(room);
  expect(second.memory.take(65_537)).toBe(0);
  const bytes = new Uint8Array(second.memory.buffer);
  expect(bytes.subarray(0, 2 * 65_536).every((byte) => byte === 0)).toBe(true);
  expect(bytes[2 * 65_536]).toBe(9);
});

test('scores in the memory of the arena are added from where they are', () => {
  const room = createRoom();
  const { memory } = createKernel(room);
  const start = memory.take(4 * 4);
  const arena = createArena(
    Float32Array.of(1, 2, 3, 4),
    { width: 2, planes: 1, sumStride: 8, blockSize: 8, dividedRows: 2 },
    2 ** 20,
    createKernel(room),
  );
  const at = arena.take()!;
  const scores = new Float32Array(room.memory.buffer, start, 4);
  scores.set([1, 10, 100, 1000]);
  arena.load(scores);
  scores[3] = 5;
  arena.add({ sums: at, pixel: 2, plane: 0, count: 2, rows: 1 });
  expect([...arena.floats.subarray(at, at + 2)]).toEqual([300, 20]);
});
