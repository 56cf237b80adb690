// The inner loop of the stitch in WebAssembly, which adds four floats at a time; V8 adds one, and by way of a double: three times as long.
// The module is put together here, instruction by instruction (webassembly.github.io/spec/core/binary).

/** What is used of WebAssembly, which the types of Node leave out. */
declare const WebAssembly: {
  readonly Memory: new (limits: { readonly initial: number }) => KernelMemory;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: { readonly add: AddWeighted } };
};

/** Bytes of a page, the unit in which a memory grows. */
export const PAGE = 65_536;

/** Memory that a kernel works in. */
export interface KernelMemory {
  /** All of it; another one after it has grown. */
  readonly buffer: ArrayBuffer;
  grow(pages: number): void;
}

/**
 * Adds weights times scores to sums, float32 each: `rows` rows of `length` bytes. Places are bytes from the start of the memory; the next row of
 * sums begins `sumStride` bytes on, that of weights and scores `stride` bytes.
 */
export type AddWeighted = (
  sums: number,
  weights: number,
  scores: number,
  sumStride: number,
  stride: number,
  length: number,
  rows: number,
) => void;

/** Makes a memory of one page, and the loop that works in it. */
export function createKernel(): { readonly memory: KernelMemory; readonly add: AddWeighted } {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { add } = new WebAssembly.Instance(new WebAssembly.Module(moduleBytes()), { stitch: { memory } }).exports;
  return { memory, add };
}

type Code = readonly number[];

// Locals by number: the parameters, then two of its own.
const [SUMS, WEIGHTS, SCORES, SUM_STRIDE, STRIDE, LENGTH, ROWS, AT, WIDE] = [0, 1, 2, 3, 4, 5, 6, 7, 8] as const;
const PARAMETERS = 7;
const OWN = 2;

const I32 = 0x7f;
const NO_RESULT = 0x40;
const END = 0x0b;
const i32 = { add: 0x6a, sub: 0x6b, and: 0x71, isLess: 0x48, isZero: 0x45, isNotLess: 0x4e } as const;
/** In how many bytes a load or store is aligned (as a power of two, here one), and how far from the address it is. */
const HERE: Code = [0, 0];
/** Instructions of 128 bits, by number. */
const simd = (number: number): Code => [0xfd, ...unsigned(number)];

const one = { step: 4, load: [0x2a, ...HERE], multiply: [0x94], add: [0x92], store: [0x38, ...HERE] };
const four = {
  step: 16,
  load: [...simd(0), ...HERE],
  multiply: simd(230),
  add: simd(228),
  store: [...simd(11), ...HERE],
};

const get = (local: number): Code => [0x20, local];
const set = (local: number, value: Code): Code => [...value, 0x21, local];
const number = (value: number): Code => [0x41, ...signed(value)];
const sum = (a: Code, b: Code): Code => [...a, ...b, i32.add];
const exitIf = (condition: Code): Code => [...condition, 0x0d, 0];
const block = (...body: readonly Code[]): Code => [0x02, NO_RESULT, ...body.flat(), END];
const loop = (...body: readonly Code[]): Code => [0x03, NO_RESULT, ...body.flat(), END];

/** Sums from `AT` on, as many as lie before `end`. */
function addUntil(end: number, { step, load, multiply, add, store }: typeof four): Code {
  const here = (local: number): Code => sum(get(local), get(AT));
  const value = (local: number): Code => [...here(local), ...load];
  return block(
    exitIf([...get(AT), ...get(end), i32.isNotLess]),
    loop(
      [...here(SUMS), ...value(SUMS), ...value(WEIGHTS), ...value(SCORES), ...multiply, ...add, ...store],
      set(AT, sum(get(AT), number(step))),
      exitIf([...get(AT), ...get(end), i32.isLess]),
    ),
  );
}

function addRows(): Code {
  const advance = (local: number, by: number): Code => set(local, sum(get(local), get(by)));
  return block(
    set(WIDE, [...get(LENGTH), ...number(-four.step), i32.and]),
    exitIf([...get(ROWS), i32.isZero]),
    loop(
      set(AT, number(0)),
      addUntil(WIDE, four),
      addUntil(LENGTH, one),
      advance(SUMS, SUM_STRIDE),
      advance(WEIGHTS, STRIDE),
      advance(SCORES, STRIDE),
      set(ROWS, [...get(ROWS), ...number(1), i32.sub]),
      exitIf(get(ROWS)),
    ),
  );
}

function moduleBytes(): Uint8Array {
  const body = [1, OWN, I32, ...addRows(), END];
  const sections: readonly Code[] = [
    section(1, [1, 0x60, ...vector(new Array<number>(PARAMETERS).fill(I32)), 0]), // types: one function
    section(2, [1, ...name('stitch'), ...name('memory'), 2, 0, 0]), // imports: the memory
    section(3, [1, 0]), // functions, by their types
    section(7, [1, ...name('add'), 0, 0]), // exports
    section(10, [1, ...vector(body)]), // code
  ];
  return Uint8Array.from([0, ...Buffer.from('asm'), 1, 0, 0, 0, ...sections.flat()]);
}

function section(id: number, content: Code): Code {
  return [id, ...vector(content)];
}

function vector(content: Code): Code {
  return [...unsigned(content.length), ...content];
}

function name(text: string): Code {
  return vector([...Buffer.from(text)]);
}

/** LEB128: seven bits a byte, the lowest first. */
function unsigned(value: number): Code {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)];
}

/** LEB128 of a number with a sign, which the highest bit of the last byte repeats. */
function signed(value: number): Code {
  const bits = value & 127;
  const rest = value >> 7;
  return rest === (bits & 64 ? -1 : 0) ? [bits] : [bits | 128, ...signed(rest)];
}
