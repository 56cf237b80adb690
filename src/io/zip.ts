import type { Entry, ZipFile } from 'yauzl';

/** Whether a file that begins with these bytes is a ZIP. */
export function isZip(start: Uint8Array): boolean {
  return start[0] === 0x50 && start[1] === 0x4b && start[2] === 3 && start[3] === 4;
}

/** The files in a ZIP: its entries without folders, and without what macOS adds for each file. */
export async function filesInZip(zip: ZipFile): Promise<Entry[]> {
  const files: Entry[] = [];
  for await (const entry of zip.eachEntry()) if (!NO_FILE.test(entry.fileName)) files.push(entry);
  return files;
}

const NO_FILE = /\/$|^__MACOSX\//;
