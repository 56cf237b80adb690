import { readFile } from 'node:fs/promises';
import type { Sent } from './server.js';

/** The files of the page and their media types. The build writes them into the folder `page` beside this file. */
const FILES: ReadonlyMap<string, string> = new Map([
  ['index.html', 'text/html; charset=utf-8'],
  ['main.js', 'text/javascript; charset=utf-8'],
  ['main.css', 'text/css; charset=utf-8'],
]);

/** Reads a file of the page; undefined if there is none of that name. */
export async function pageFile(name: string): Promise<Sent | undefined> {
  const type = FILES.get(name);
  return type === undefined ? undefined : { type, body: await readFile(new URL(`page/${name}`, import.meta.url)) };
}
