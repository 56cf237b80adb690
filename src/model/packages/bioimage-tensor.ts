import { type Fields, fieldsOf, itemsIn, numberIn, numbersIn, refused, textIn } from './package.js';

/** An input or output of a model, from format 0.4 or 0.5. */
export interface BioimageTensor {
  readonly channel: { readonly at?: number; readonly size?: number; readonly names?: readonly string[] };
  readonly y: SpaceAxis;
  readonly x: SpaceAxis;
  /** Its pre- or postprocessing steps, in order. */
  readonly steps: readonly BioimageStep[];
  /** The path of its test tensor's file. */
  readonly test?: string | undefined;
}

/** An axis of pixels. */
export interface SpaceAxis {
  /** Its place among the axes. */
  readonly at: number;
  readonly size?: number | { readonly least: number; readonly step: number } | undefined;
  readonly mpp?: number | undefined;
  /** Px at each end whose scores are less reliable than the rest. */
  readonly halo: number;
  /** How many px of the input have no output, at each end. */
  readonly missing: number;
  /** Pixels of the output per pixel of the input. */
  readonly scale: number;
}

/** One step of pre- or postprocessing. */
export interface BioimageStep {
  readonly name: string;
  readonly kwargs: Fields;
}

/** An axis, in the form that both versions are brought to. */
interface TensorAxis {
  readonly kind: string;
  readonly fields: Fields;
}

const letters: Readonly<Record<string, string>> = { b: 'batch', i: 'index', t: 'time', c: 'channel', z: 'z', y: 'y', x: 'x' };

/** Units in µm, by their names in OME-Zarr, which the format uses. */
const units: Readonly<Record<string, number>> = { nanometer: 1e-3, micrometer: 1, millimeter: 1e3, centimeter: 1e4 };

/**
 * Interprets an entry of `inputs` or `outputs`.
 *
 * @param where names the document in errors
 * @throws {SegtileError} `model` if y or x is missing, or for further axes than batch and channel that are longer than 1
 */
export function tensorOf(entry: unknown, where: string): BioimageTensor {
  const fields = fieldsOf(entry);
  const axes = typeof fields.axes === 'string' ? oldAxes(fields) : newAxes(fields);
  for (const { kind, fields: axis } of axes)
    if (['z', 'time', 'index'].includes(kind) && numberIn(axis.size) !== 1)
      throw refused(where, `it has the axis ${kind}`, 'segtile looks at planes: axes of batch, channel, y and x');
  const find = (kind: string) => axes.findIndex((axis) => axis.kind === kind);
  if (find('y') < 0 || find('x') < 0)
    throw refused(
      where,
      `its axes are ${axes.map(({ kind }) => kind).join(', ') || 'none'}`,
      'segtile needs y and x: a score for each pixel',
    );
  const channelAt = find('channel');
  const channel = axes[channelAt]?.fields ?? {};
  const names = itemsIn(channel.channel_names).map(textIn);
  const size = numberIn(channel.size) ?? (names.length > 0 ? names.length : undefined);
  const isNamed = names.length > 0 && names.every((name) => name !== undefined && !/^(channel[_ ]?\d*|c\d+|\d+)$/i.test(name));
  return {
    channel: {
      ...(channelAt >= 0 && { at: channelAt }),
      ...(size !== undefined && { size }),
      ...(isNamed && { names: names as string[] }),
    },
    y: spaceAxis(axes, find('y')),
    x: spaceAxis(axes, find('x')),
    steps: stepsOf(fields),
    test: textIn(fields.test_tensor) ?? textIn(fieldsOf(fields.test_tensor).source),
  };
}

/** Axes of format 0.4: one letter per axis, and lists with one number per axis. */
function oldAxes(fields: Fields): TensorAxis[] {
  const kinds = [...String(fields.axes)];
  const shape = fieldsOf(fields.shape);
  const sizes = numbersIn(fields.shape);
  const [least, step, scale, offset] = [shape.min, shape.step, shape.scale, shape.offset].map(numbersIn);
  const halo = numbersIn(fields.halo);
  return kinds.map((letter, at) => ({
    kind: letters[letter] ?? letter,
    fields: {
      size: sizes?.[at] ?? (least ? (step?.[at] ? { min: least[at], step: step[at] } : least[at]) : undefined),
      halo: halo?.[at],
      factor: scale?.[at],
      // 0.4 counts each side, 0.5 counts both together.
      offset: offset === undefined ? undefined : 2 * offset[at]!,
    },
  }));
}

function newAxes(fields: Fields): TensorAxis[] {
  return itemsIn(fields.axes).map((entry) => {
    const axis = fieldsOf(entry);
    const isSpace = axis.type === 'space';
    const kind = isSpace ? (textIn(axis.id) ?? 'space') : (textIn(axis.type) ?? 'unknown');
    const size = fieldsOf(axis.size);
    const isOne = axis.size === undefined && kind === 'batch';
    return { kind, fields: { ...axis, offset: size.offset, ...(isOne && { size: 1 }) } };
  });
}

function spaceAxis(axes: readonly TensorAxis[], at: number): SpaceAxis {
  const { fields } = axes[at]!;
  const { min, step } = fieldsOf(fields.size);
  const unit = units[textIn(fields.unit) ?? ''];
  const scale = numberIn(fields.scale);
  return {
    at,
    size:
      numberIn(fields.size) ?? (numberIn(min) === undefined ? undefined : { least: numberIn(min)!, step: numberIn(step) ?? 0 }),
    mpp: unit !== undefined && scale !== undefined ? scale * unit : undefined,
    halo: numberIn(fields.halo) ?? 0,
    missing: Math.max(0, -(numberIn(fields.offset) ?? 0) / 2),
    scale: numberIn(fields.factor) ?? 1,
  };
}

function stepsOf(fields: Fields): BioimageStep[] {
  return [...itemsIn(fields.preprocessing), ...itemsIn(fields.postprocessing)].map((entry) => {
    const { name, id, kwargs } = fieldsOf(entry);
    return { name: textIn(id) ?? textIn(name) ?? 'unknown', kwargs: fieldsOf(kwargs) };
  });
}
