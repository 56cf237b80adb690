import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a run left, without what no two runs share: times, memory, the id, and where it lies. */
export function resultOf(output: string): Record<string, string> {
  const names = readdirSync(output, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'runs.jsonl')
    .map((entry) => join(entry.parentPath, entry.name).slice(output.length + 1));
  return Object.fromEntries(
    names.sort().map((name) => {
      const bytes = readFileSync(join(output, name));
      if (name.endsWith('.run.json')) return [name, lasting(bytes.toString(), output)];
      // The report tells times.
      return [name, name.endsWith('.html') ? 'a report' : createHash('sha256').update(bytes).digest('hex')];
    }),
  );
}

function lasting(text: string, output: string): string {
  const { id: _, finished: __, seconds: ___, peakRssBytes: ____, limits: _____, device, files, ...record } = JSON.parse(text);
  const sizes = files?.filter(({ name }: { name: string }) => !name.endsWith('.html'));
  return JSON.stringify({ ...record, files: sizes, device: { ...device, busyShare: 0 } }).replaceAll(output, 'OUT');
}
