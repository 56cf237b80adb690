import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaries } from '../../../dist/io/partial-file.js';
import { startFiles, type ThreadFiles } from '../../../dist/io/threads/start.js';
import { folder } from '../../cli/door.ts';

type Files = ThreadFiles<{ numbers: Uint8Array }, number, number, string[]>;

function start(paths: readonly string[], bad: number = 200): Promise<Files> {
  return startFiles(new URL('lines.js', import.meta.url), { paths, bad });
}

async function send(files: Files, number: number, bytes: number = 4): Promise<void> {
  const numbers = new Uint8Array(files.memory(bytes), 0, bytes).fill(number);
  await files.write({ numbers }, [numbers.buffer as ArrayBuffer]);
}

const within = (path: string): string[] => readdirSync(path);

it('takes messages in order, and gives memory back', async () => {
  const home = folder();
  const paths = ['a.txt', 'b.txt'].map((name) => join(home, name));
  const files = await start(paths);
  expect(files.told).toEqual(paths);
  for (let number = 1; number <= 100; number++) await send(files, number, 1000);
  expect(await files.ask(2)).toBe(2 * 1000 * 5050);
  const again = files.memory(1000);
  expect(again.byteLength).toBe(1000);
  expect(new Uint8Array(again)).not.toEqual(new Uint8Array(1000));
  expect(within(home).every((name) => name.startsWith('.'))).toBe(true);
  expect([...temporaries].filter((path) => path.startsWith(home))).toHaveLength(2);
  await Promise.all(files.files.map((file) => file.finish()));
  for (const path of paths)
    expect(readFileSync(path, 'utf8').trim().split('\n').map(Number)).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
  expect([...temporaries].filter((path) => path.startsWith(home))).toEqual([]);
});

it('waits for a thread that is far behind', async () => {
  const files = await start([join(folder(), 'a.txt')]);
  for (let number = 0; number < 20; number++) await send(files, number, 2 ** 23);
  // Without waiting there would be 20 pieces of memory under way, and none to use again.
  expect(new Uint8Array(files.memory(2 ** 23))[0]).toBeGreaterThan(10);
  await files.files[0]!.abort();
});

it('tells the error of a message with its code and hint, and leaves nothing', async () => {
  const home = folder();
  const files = await start([join(home, 'a.txt')]);
  const error = { code: 'output', message: '200 is a bad number', hint: 'send another' };
  await send(files, 200);
  await expect(files.ask(1)).rejects.toMatchObject(error);
  await expect(send(files, 1)).rejects.toMatchObject(error);
  await expect(files.files[0]!.finish()).rejects.toMatchObject(error);
  await files.files[0]!.abort();
  expect(within(home).filter((name) => !name.startsWith('.'))).toEqual([]);
});

it('aborts what was not finished', async () => {
  const home = folder();
  const files = await start(['a.txt', 'b.txt'].map((name) => join(home, name)));
  await send(files, 1);
  await files.files[0]!.finish();
  await files.files[1]!.abort();
  await files.files[1]!.abort();
  expect(within(home)).toEqual(['a.txt']);
});

it('tells why files could not be opened', async () => {
  await expect(start([])).rejects.toMatchObject({ code: 'usage', message: 'no file', hint: 'name one' });
  await expect(start([join(folder(), 'nowhere', 'a.txt')])).rejects.toMatchObject({ code: 'output' });
});

it('removes the files of a thread that ended before its time', async () => {
  const home = folder();
  const path = join(home, 'a.txt');
  const files = await start([path]);
  await send(files, 255);
  await expect(files.ask(1)).rejects.toThrow('ended before its time');
  await expect(send(files, 1)).rejects.toThrow('ended before its time');
  await files.files[0]!.abort();
  expect(existsSync(path)).toBe(false);
  expect(within(home)).toEqual([]);
});
