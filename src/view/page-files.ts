import { readFile } from 'node:fs/promises';
import type { Sent } from './server.js';

/** The files of the page, as the build makes them beside this one, and what they are. */
const FILES: ReadonlyMap<string, string> = new Map([
  ['index.html', 'text/html; charset=utf-8'],
  ['main.js', 'text/javascript; charset=utf-8'],
  ['main.css', 'text/css; charset=utf-8'],
]);

/** A file of the page; undefined where it has none of that name. */
export async function pageFile(name: string): Promise<Sent | undefined> {
  const type = FILES.get(name);
  return type === undefined ? undefined : { type, body: await readFile(new URL(`page/${name}`, import.meta.url)) };
}
