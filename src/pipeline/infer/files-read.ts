import { parseGate } from '../gate/gate-option.js';
import { modelsNamed } from '../prepare/models/named-models.js';
import type { InferOptions } from '../prepare/options.js';
import { thresholdFile } from '../prepare/thresholds.js';
import { lengthOf } from '../resume/fingerprint.js';
import type { TissueChoice } from '../tissue/tissue.js';

/** The file that says where tissue is, if one does. */
export function tissueFiles(choice: TissueChoice): string[] {
  return choice.kind === 'file' || choice.kind === 'network' ? [choice.path] : [];
}

/** All files that a run reads, except the slides and their tissue masks and regions. */
export async function filesRead(options: InferOptions): Promise<string[]> {
  const models = await modelsNamed(options);
  const judges = [...(options.gate ?? []), ...(options.veto ?? [])].map((text) => parseGate(text, '--gate').path);
  return [...models.map(({ path }) => path), ...judges, options.slideMppCsv ?? '', thresholdFile(options.threshold)];
}

/** The sizes of files in bytes. */
export async function lengths(paths: readonly string[], signal: AbortSignal): Promise<number[]> {
  const found: number[] = [];
  for (const path of paths) found.push(await lengthOf(path, signal));
  return found;
}
