import { reason, SegtileError } from '../../errors.js';
import { readRegular } from '../../io/regular-file.js';

/** The contents of a NumPy file. */
export interface NumpyArray {
  readonly shape: readonly number[];
  readonly data: Float32Array<ArrayBuffer>;
}

/** The size of a number in bytes and how to read it, by the type that the header names. All are little-endian. */
const types: Readonly<Record<string, readonly [size: number, read: (view: DataView, at: number) => number]>> = {
  f4: [4, (view, at) => view.getFloat32(at, true)],
  f8: [8, (view, at) => view.getFloat64(at, true)],
  u1: [1, (view, at) => view.getUint8(at)],
  b1: [1, (view, at) => view.getUint8(at)],
  i1: [1, (view, at) => view.getInt8(at)],
  u2: [2, (view, at) => view.getUint16(at, true)],
  i2: [2, (view, at) => view.getInt16(at, true)],
  u4: [4, (view, at) => view.getUint32(at, true)],
  i4: [4, (view, at) => view.getInt32(at, true)],
  i8: [8, (view, at) => Number(view.getBigInt64(at, true))],
};

/**
 * Reads a `.npy` file (format 1 to 3, row-major, little-endian) as float32.
 *
 * @throws {SegtileError} `input` if the file is missing or is in another format
 */
export async function readNumpy(path: string): Promise<NumpyArray> {
  const bytes = await readRegular(path).catch((cause: unknown) => {
    throw new SegtileError('input', `cannot read ${path}: ${reason(cause)}`, 'download the whole package', cause);
  });
  const found = arrayOf(bytes);
  if (found) return found;
  throw new SegtileError('input', `${path} is not a .npy file that segtile can read`, 'save it again with numpy.save');
}

function arrayOf(bytes: Buffer): NumpyArray | undefined {
  if (bytes.length < 12 || bytes.toString('latin1', 1, 6) !== 'NUMPY') return undefined;
  const isLong = bytes[6]! > 1;
  const start = isLong ? 12 : 10;
  const end = start + (isLong ? bytes.readUInt32LE(8) : bytes.readUInt16LE(8));
  const header = bytes.toString('latin1', start, Math.min(end, bytes.length));
  const type = types[/'descr':\s*'[<|=]([a-z]\d)'/.exec(header)?.[1] ?? ''];
  const shape = /'shape':\s*\(([\d,\s]*)\)/
    .exec(header)?.[1]
    ?.split(',')
    .flatMap((part) => (part.trim() ? [Number(part)] : []));
  if (!type || !shape || !/'fortran_order':\s*False/.test(header)) return undefined;
  const [size, read] = type;
  const count = shape.reduce((product, each) => product * each, 1);
  if (bytes.length < end + count * size) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return { shape, data: Float32Array.from({ length: count }, (_, at) => read(view, end + at * size)) };
}
