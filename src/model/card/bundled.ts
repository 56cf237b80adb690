import { fileURLToPath } from 'node:url';

/** The models that come with segtile, by the names that `--model` takes. */
export const bundledNames: readonly string[] = ['hematoxylin', 'kidney', 'nuclei'];

/** Path of the model to run: the user's own file, a bundled model by its name, or the bundled default where nothing is said. */
export function bundledModel(model = 'nuclei'): string {
  return bundledNames.includes(model)
    ? fileURLToPath(new URL(`../../../samples/models/${model}.onnx`, import.meta.url))
    : model;
}
