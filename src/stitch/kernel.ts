// The inner loops of the stitch in WebAssembly, which take four floats at a time; V8 takes one, and by way of a double: three times as long.
// The module is put together here, instruction by instruction (webassembly.github.io/spec/core/binary).

/** What is used of WebAssembly, which the types of Node leave out. */
declare const WebAssembly: {
  readonly Memory: new (limits: { readonly initial: number }) => KernelMemory;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: Loops };
};

/** Bytes of a page, the unit in which a memory grows. */
export const PAGE = 65_536;

/** Memory that a kernel works in. */
export interface KernelMemory {
  /** All of it; another one after it has grown. */
  readonly buffer: ArrayBuffer;
  grow(pages: number): void;
}

/** Loops over rectangles of float32: `rows` rows of `length` bytes. Places, and strides from one row to the next, are bytes of the memory. */
interface Loops {
  /** Adds weights times scores to sums. Weights and scores have rows of one `stride`. */
  add(sums: number, weights: number, scores: number, sumStride: number, stride: number, length: number, rows: number): void;
  /**
   * Divides sums by weights and leaves zeros in place of the sums.
   *
   * @returns 0 where all quotients are numbers; else 1, and perhaps 1 where some are infinite
   */
  divide(
    sums: number,
    weights: number,
    quotients: number,
    sumStride: number,
    weightStride: number,
    quotientStride: number,
    length: number,
    rows: number,
  ): number;
}

/** The loops, and the memory that they work in. */
export interface Kernel extends Loops {
  readonly memory: KernelMemory;
}

/** Makes a memory of one page, and the loops that work in it. */
export function createKernel(): Kernel {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { add, divide } = new WebAssembly.Instance(new WebAssembly.Module(moduleBytes()), { stitch: { memory } }).exports;
  return { memory, add, divide };
}

type Code = readonly number[];

const [I32, F32, V128] = [0x7f, 0x7d, 0x7b] as const;
const NO_RESULT = 0x40;
const END = 0x0b;
const i32 = { add: 0x6a, sub: 0x6b, and: 0x71, or: 0x72, isLess: 0x48, isZero: 0x45, isNotLess: 0x4e } as const;
/** In how many bytes a load or store is aligned (as a power of two, here one), and how far from the address it is. */
const HERE: Code = [0, 0];
/** Instructions of 128 bits, by number. */
const simd = (number: number): Code => [0xfd, ...unsigned(number)];

/** Instructions for floats that lie side by side. */
interface Floats {
  /** How many bytes they are. */
  readonly step: number;
  readonly zero: Code;
  readonly load: Code;
  readonly store: Code;
  readonly add: Code;
  readonly multiply: Code;
  readonly divide: Code;
  /** Whether two differ; of four, whether any do. */
  readonly differ: Code;
}

const one: Floats = {
  step: 4,
  zero: [0x43, 0, 0, 0, 0],
  load: [0x2a, ...HERE],
  store: [0x38, ...HERE],
  add: [0x92],
  multiply: [0x94],
  divide: [0x95],
  differ: [0x5c],
};
const four: Floats = {
  step: 16,
  zero: [...simd(12), ...new Array<number>(16).fill(0)],
  load: [...simd(0), ...HERE],
  store: [...simd(11), ...HERE],
  add: simd(228),
  multiply: simd(230),
  divide: simd(231),
  differ: [...simd(66), ...simd(83)],
};

const get = (local: number): Code => [0x20, local];
const set = (local: number, value: Code): Code => [...value, 0x21, local];
const number = (value: number): Code => [0x41, ...signed(value)];
const sum = (a: Code, b: Code): Code => [...a, ...b, i32.add];
/** Leaves the block around it, or begins the loop around it anew. */
const branchIf = (condition: Code): Code => [...condition, 0x0d, 0];
const block = (...body: readonly Code[]): Code => [0x02, NO_RESULT, ...body.flat(), END];
const loop = (...body: readonly Code[]): Code => [0x03, NO_RESULT, ...body.flat(), END];

/** Locals of a loop over rows, by number. */
interface RowLocals {
  readonly length: number;
  readonly rows: number;
  /** How far from the beginning of a row the loop is. */
  readonly at: number;
  /** The part of the length that is taken four at a time. */
  readonly wide: number;
}

/** Does something for all floats of some rows: `body`, which is given where to find those that are due behind a place. After a row each place goes on by its stride. */
function overRows(
  { length, rows, at, wide }: RowLocals,
  places: readonly (readonly [place: number, stride: number])[],
  body: (floats: Floats, here: (place: number) => Code) => readonly Code[],
): Code {
  const here = (place: number): Code => sum(get(place), get(at));
  const upTo = (end: number, floats: Floats): Code =>
    block(
      branchIf([...get(at), ...get(end), i32.isNotLess]),
      loop(...body(floats, here), set(at, sum(get(at), number(floats.step))), branchIf([...get(at), ...get(end), i32.isLess])),
    );
  return block(
    set(wide, [...get(length), ...number(-four.step), i32.and]),
    branchIf([...get(rows), i32.isZero]),
    loop(
      set(at, number(0)),
      upTo(wide, four),
      upTo(length, one),
      ...places.map(([place, stride]) => set(place, sum(get(place), get(stride)))),
      set(rows, [...get(rows), ...number(1), i32.sub]),
      branchIf(get(rows)),
    ),
  );
}

/** A function of the module, all of whose parameters are integers. */
interface LoopFunction {
  readonly name: keyof Loops;
  readonly parameters: number;
  readonly result: Code;
  /** Its own locals by type, which are numbered after the parameters. */
  readonly own: readonly number[];
  readonly body: Code;
}

function addFunction(): LoopFunction {
  const [sums, weights, scores, sumStride, stride, length, rows, at, wide] = [0, 1, 2, 3, 4, 5, 6, 7, 8] as const;
  const places = [
    [sums, sumStride],
    [weights, stride],
    [scores, stride],
  ] as const;
  const body = overRows({ length, rows, at, wide }, places, ({ load, multiply, add, store }, here) => {
    const value = (place: number): Code => [...here(place), ...load];
    return [[...here(sums), ...value(sums), ...value(weights), ...value(scores), ...multiply, ...add, ...store]];
  });
  return { name: 'add', parameters: 7, result: [], own: [I32, I32], body };
}

function divideFunction(): LoopFunction {
  const [sums, weights, quotients, sumStride, weightStride, quotientStride, length, rows] = [0, 1, 2, 3, 4, 5, 6, 7] as const;
  const [at, wide, quotient, total, fourQuotients, fourTotals] = [8, 9, 10, 11, 12, 13] as const;
  const places = [
    [sums, sumStride],
    [weights, weightStride],
    [quotients, quotientStride],
  ] as const;
  const loops = overRows({ length, rows, at, wide }, places, (floats, here) => {
    const { load, divide, store, add, zero } = floats;
    const [result, sumOfResults] = floats === one ? [quotient, total] : [fourQuotients, fourTotals];
    return [
      set(result, [...here(sums), ...load, ...here(weights), ...load, ...divide]),
      [...here(quotients), ...get(result), ...store],
      [...here(sums), ...zero, ...store],
      // A sum with a term that is no number is none, and differs from itself.
      set(sumOfResults, [...get(sumOfResults), ...get(result), ...add]),
    ];
  });
  const isNoNumber = (local: number, floats: Floats): Code => [...get(local), ...get(local), ...floats.differ];
  const body = [...loops, ...isNoNumber(total, one), ...isNoNumber(fourTotals, four), i32.or];
  return { name: 'divide', parameters: 8, result: [I32], own: [I32, I32, F32, F32, V128, V128], body };
}

function moduleBytes(): Uint8Array {
  const functions = [addFunction(), divideFunction()];
  const list = (items: readonly Code[]): Code => [...unsigned(items.length), ...items.flat()];
  const types = functions.map(({ parameters, result }) => [
    0x60,
    ...vector(new Array<number>(parameters).fill(I32)),
    ...vector(result),
  ]);
  const exports = functions.map(({ name }, index) => [...text(name), 0, index]);
  const codes = functions.map(({ own, body }) => vector([...list(own.map((type) => [1, type])), ...body, END]));
  const sections: readonly Code[] = [
    section(1, list(types)),
    section(2, list([[...text('stitch'), ...text('memory'), 2, 0, 0]])), // imports
    section(3, list(functions.map((_, index) => [index]))), // functions, by their types
    section(7, list(exports)),
    section(10, list(codes)),
  ];
  return Uint8Array.from([0, ...Buffer.from('asm'), 1, 0, 0, 0, ...sections.flat()]);
}

function section(id: number, content: Code): Code {
  return [id, ...vector(content)];
}

function vector(content: Code): Code {
  return [...unsigned(content.length), ...content];
}

function text(value: string): Code {
  return vector([...Buffer.from(value)]);
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
