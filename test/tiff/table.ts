import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { brotliDecompressSync } from 'node:zlib';

/** What a file of the table must come to: the RGB of each of its levels, or an error. */
export type TableFile = {
  readonly file: string;
  /** Levels from 0 per sample that may be off, where a codec loses something. */
  readonly tolerance?: number;
  /** Micrometres per pixel. */
  readonly mpp?: number;
} & (
  | { readonly levels: readonly TableLevel[]; readonly error?: undefined }
  | { readonly error: { readonly code: string; readonly says: string }; readonly levels?: undefined }
);

/** One level; `pixels` is a key of {@link Table.pixels}. */
export interface TableLevel {
  readonly width: number;
  readonly height: number;
  readonly pixels: string;
}

/** The golden files of `test/fixtures/tiff/make_table.py`. */
export interface Table {
  readonly files: readonly TableFile[];
  /** Bytes of each file by its name. */
  readonly bytes: ReadonlyMap<string, Uint8Array>;
  /** Expected RGB by key. */
  readonly pixels: ReadonlyMap<string, Uint8Array>;
}

const fixture = (name: string) => readFileSync(fileURLToPath(new URL(`../fixtures/tiff/${name}`, import.meta.url)));

/** Unpacks the table; a fifth of a second. */
export function readTable(): Table {
  const { files } = JSON.parse(fixture('table.json').toString()) as { files: readonly TableFile[] };
  const bytes = new Map<string, Uint8Array>();
  const pixels = new Map<string, Uint8Array>();
  for (const [name, data] of untar(brotliDecompressSync(fixture('table.tar.br')))) {
    if (name.startsWith('expected/')) pixels.set(name.slice('expected/'.length), data);
    else bytes.set(name, data);
  }
  return { files, bytes, pixels };
}

/** The files in a tar archive (POSIX ustar): headers of 512 bytes, each followed by its file, padded to 512 bytes. */
function* untar(tar: Buffer): Generator<readonly [name: string, data: Uint8Array]> {
  for (let at = 0; tar[at] !== 0; ) {
    const text = (from: number, bytes: number) => tar.toString('latin1', at + from, at + from + bytes).replace(/\0.*$/s, '');
    const size = Number.parseInt(text(124, 12), 8);
    yield [text(0, 100), tar.subarray(at + 512, at + 512 + size)];
    at += 512 + Math.ceil(size / 512) * 512;
  }
}
