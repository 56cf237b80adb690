import { fileURLToPath } from 'node:url';

/** The models that come with segtile, by the names that `--model` takes. */
export const bundledNames: readonly string[] = ['hematoxylin', 'kidney', 'nuclei'];

/**
 * The path of the model to run. `model` is the path of the user's own file, which is returned as it is, or the name of a
 * bundled model. Without it, the default bundled model is taken.
 */
export function bundledModel(model = 'nuclei'): string {
  return bundledNames.includes(model)
    ? fileURLToPath(new URL(`../../../samples/models/${model}.onnx`, import.meta.url))
    : model;
}
