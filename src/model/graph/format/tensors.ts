import { basename } from 'node:path';
import { SegtileError } from '../../../errors.js';
import { type Dim, type Element, elementCode, type TensorFact, type ValueInfoProto } from './onnx.js';

/** An input or output in words, as the file declares it: `input "x" [1, 3, height, width]`. */
export function described({ name, dims, declared }: TensorFact, side: 'input' | 'output'): string {
  return declared ? described(declared, side) : `${side} ${shown(name)} ${shapeOf(dims)}`;
}

/** A list of inputs or outputs in words, for errors: `2 outputs ("out" [1, 2, 64, 64], "aux" [1, 2, 8, 8])`. */
export function listed(tensors: readonly ValueInfoProto[], side: 'input' | 'output'): string {
  const each = tensors.map(({ name, type }) => `${shown(name)} ${shapeOf(dimsOf(type))}`).join(', ');
  return `${tensors.length} ${side}${tensors.length === 1 ? '' : 's'}${each && ` (${each})`}`;
}

function shapeOf(dims: readonly Dim[]): string {
  return `[${dims.map((dim) => (typeof dim === 'number' ? dim : shown(dim).slice(1, -1))).join(', ')}]`;
}

/** A name in quotes, with special characters escaped, since the names in a damaged file can contain anything. */
function shown(name: string): string {
  return JSON.stringify(name);
}

/**
 * What a network declares about an input or output.
 *
 * @throws {SegtileError} `model` for an element type that segtile does not know
 */
export function tensorFact({ name, type }: ValueInfoProto, path: string): TensorFact {
  const code = type?.tensorType?.elemType ?? 0;
  const element = (Object.keys(elementCode) as Element[]).find((key) => elementCode[key] === code);
  if (!element)
    throw new SegtileError(
      'model',
      `${shown(name)} of ${path} has element type ${code}`,
      'segtile feeds floating point and whole numbers from 0 to 255',
    );
  return { name, element, dims: dimsOf(type) };
}

function dimsOf(type: ValueInfoProto['type']): readonly Dim[] {
  const dims = type?.tensorType?.shape?.dim.map(
    ({ dimValue, dimParam }): Dim => (dimValue > 0n ? Number(dimValue) : dimParam || '?'),
  );
  return dims ?? [];
}

/** The name of a file without folder and `.onnx`. It is the name of a model that states none. */
export function stem(path: string): string {
  return basename(path).replace(/\.onnx$/i, '');
}
