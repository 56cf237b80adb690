import { type CommitOptions, writeWhole } from '../../io/partial-file.js';

/** Writes a run's record as JSON, whole or not at all. */
export async function writeRecord(path: string, record: object, placement?: CommitOptions): Promise<void> {
  const text = new TextEncoder().encode(`${JSON.stringify(record, null, 2)}\n`);
  await writeWhole(path, (file) => file.append(text), placement);
}
