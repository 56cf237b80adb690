import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { clearAbandoned } from '../../dist/io/alone.js';

const dist = (name: string): string => JSON.stringify(fileURLToPath(new URL(`../../dist/io/${name}.js`, import.meta.url)));

/** A process that changes the file alone, and is killed in the middle of it, or ends. */
const source = (path: string, end: string): string => `
  const { alone } = await import(${dist('alone')});
  const { writeWhole } = await import(${dist('partial-file')});
  await alone(${JSON.stringify(path)}, () => writeWhole(${JSON.stringify(path)}, async (file) => {
    await file.append(new Uint8Array([65]));
    ${end}
  }));`;

test('what a process that was killed left beside a shared file goes with the next one that changes it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'segtile-alone-'));
  const path = join(folder, 'summary.csv');
  const killed = () =>
    spawnSync(process.execPath, ['--input-type=module', '-e', source(path, "process.kill(process.pid, 'SIGKILL');")]);
  expect(killed().signal).toBe('SIGKILL');
  expect(readdirSync(folder).sort()).toEqual(['.summary.csv.claim', expect.stringMatching(/^\.summary\.csv\.partial-/)]);
  execFileSync(process.execPath, ['--input-type=module', '-e', source(path, '')]);
  expect(readdirSync(folder)).toEqual(['summary.csv']);
  expect(readFileSync(path, 'latin1')).toBe('A');
  killed();
  renameSync(join(folder, '.summary.csv.claim'), join(folder, '.summary.csv.claim-0123abcd'));
  await clearAbandoned(path);
  expect(readdirSync(folder)).toEqual(['summary.csv']);
});
