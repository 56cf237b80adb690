import { fileURLToPath } from 'node:url';

/** The models that come with segtile, by the names that `--model` takes. */
const names: readonly string[] = ['hematoxylin', 'kidney', 'nuclei'];

/** Path of the model to run: the user's own file, a bundled model by its name, or the bundled default where nothing is said. */
export function bundledModel(model = 'nuclei'): string {
  return names.includes(model) ? fileURLToPath(new URL(`../../../samples/models/${model}.onnx`, import.meta.url)) : model;
}
