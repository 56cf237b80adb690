/** A file format other than ONNX, and how to convert it. */
interface Foreign {
  readonly what: string;
  readonly hint: string;
}

/** Numbered lines to type. A hint is shown on a single line, so the numbers tell where each one begins. */
function steps(...lines: readonly string[]): string {
  return `export it: ${lines.map((line, i) => `(${i + 1}) ${line}`).join('  ')}`;
}

const fromTorch = (load: string, more = ''): string =>
  steps(
    'import torch',
    `model = ${load}`,
    `torch.onnx.export(model${more ? '' : '.eval()'}, torch.zeros(1, 3, 512, 512), 'model.onnx', opset_version=17${more})`,
  );

const fromKeras = steps(
  'import tensorflow as tf',
  'tf.keras.models.load_model(path).export("saved")',
  'in the shell: python -m tf2onnx.convert --saved-model saved --output model.onnx --opset 17',
);

const fromLite = steps(
  'pip install tf2onnx',
  'python -m tf2onnx.convert --tflite FILE --output model.onnx --opset 17',
  'or, where it has operators that this does not know, convert the SavedModel that it was made of',
);

const fromSavedModel = steps(
  'pip install tf2onnx',
  'find the folder that holds saved_model.pb',
  'python -m tf2onnx.convert --saved-model FOLDER --output model.onnx --opset 17',
);

const checkpoint: Foreign = {
  what: 'a PyTorch checkpoint: weights without the network',
  hint: fromTorch('Network(); model.load_state_dict(torch.load(path))  # the class that was trained'),
};
const keras: Foreign = { what: 'a Keras model', hint: fromKeras };
/** The format of a TensorFlow SavedModel, which is a folder. */
export const savedModel: Foreign = { what: 'a TensorFlow SavedModel', hint: fromSavedModel };

/** Formats that are ZIP files, recognised by the name of a file inside. The first match counts. */
const zipped: readonly (readonly [name: RegExp, Foreign])[] = [
  [/constants\.pkl/, { what: 'a TorchScript file', hint: fromTorch('torch.jit.load(path).eval()', ', dynamo=False') }],
  [
    /archive_format/,
    { what: 'a program of torch.export', hint: fromTorch('torch.export.load(path).module()', ', dynamo=True') },
  ],
  [/data\.pkl/, checkpoint],
  [/model\.weights\.h5/, keras],
  [/saved_model\.pb/, savedModel],
];

/** Recognises a file of another format than ONNX by its bytes. Undefined if it may be ONNX. */
export function foreignFormat(bytes: Uint8Array): Foreign | undefined {
  const starts = (...first: readonly number[]): boolean => first.every((byte, i) => bytes[i] === byte);
  if (starts(0x50, 0x4b, 3, 4)) {
    // The last part of a ZIP lists the names of its files uncompressed.
    const names = Buffer.from(bytes.subarray(Math.max(0, bytes.length - 2 ** 20))).toString('latin1');
    const found = zipped.find(([name]) => name.test(names));
    return found?.[1] ?? { what: 'a ZIP file', hint: 'unpack it, and give the .onnx file in it, should there be one' };
  }
  if (starts(0x89, 0x48, 0x44, 0x46)) return { ...keras, what: 'an HDF5 file, as Keras writes them' };
  if (starts(0x80, 2) || starts(0x80, 4)) return checkpoint;
  if (Buffer.from(bytes.subarray(4, 8)).toString('latin1') === 'TFL3')
    return { what: 'a TensorFlow Lite file', hint: fromLite };
  if (bytes[8] === 0x7b && bytes[9] === 0x22 && starts(bytes[0]!, bytes[1]!, bytes[2]!, 0, 0, 0, 0, 0))
    return { ...checkpoint, what: 'a safetensors file: weights without the network' };
  return undefined;
}
