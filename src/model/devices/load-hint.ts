import { reason, SegtileError } from '../../errors.js';

/** Hints for networks that onnxruntime cannot load at any window size, chosen by the words of its message. */
const HINTS: readonly (readonly [words: RegExp, hint: (found: RegExpExecArray) => string])[] = [
  [
    /Unsupported model IR version: \d+, max supported IR version: (\d+)/,
    ([, most]) =>
      `its ONNX format is newer than onnxruntime: export it with ir_version ${most} or lower, for example with an older onnx package`,
  ],
  [
    /opset (\d+) is under development|ai\.onnx(?:\.ml)? is till opset (\d+)/,
    (found) => {
      const most = /till opset (\d+)/.exec(found.input)?.[1];
      return `its operators are newer than onnxruntime: export it with ${most ? `opset_version ${most} or lower` : 'a lower opset_version'}`;
    },
  ],
  [
    /(\S+?)\(-?\d+\) is not a registered function\/op|No Op registered for (\S+)|No schema registered for (?:this )?operator:? ?(\S*)/,
    ([, op, other, third]) =>
      `onnxruntime has no operator ${[op, other, third].find(Boolean) ?? 'of that name'}: export the model without it, with standard operators only`,
  ],
  [
    /Could not find an implementation for (\S+?)\(/,
    ([, op]) => `onnxruntime cannot run ${op} on these types: export the model in float32, or without it`,
  ],
  [
    /external data|external initializer/i,
    () => 'its weights lie in a file of their own, which does not fit: copy or export both again, together',
  ],
  [
    /bad_alloc|failed to allocate|out of memory/i,
    () => 'there is not enough memory: try a smaller --window, or fewer --workers',
  ],
];

/**
 * Words that hint at sizes that do not match, as when a network halves its image and the window is not a multiple of what
 * it needs.
 */
const SIZES = /ShapeInferenceError|dimension|shape|broadcast|mismatch|concat/i;

const SIDES = 'try a window whose sides are multiples of 32, such as 512';

/**
 * The error to throw when onnxruntime fails on a network: its message, and a hint what to do.
 *
 * @param px the size of the window, in words
 * @param thrown what onnxruntime threw
 */
export function loadFailure(path: string, px: string, thrown: unknown): SegtileError {
  const words = reason(thrown);
  for (const [pattern, hint] of HINTS) {
    const found = pattern.exec(words);
    if (found) return new SegtileError('model', `${path} cannot be loaded: ${words}`, hint(found), thrown);
  }
  const other = `check the model with onnx.checker.check_model, or ${SIDES}`;
  const message = `${path} fails on a window of ${px}: ${words}`;
  return new SegtileError('model', message, SIZES.test(words) ? SIDES : other, thrown);
}
