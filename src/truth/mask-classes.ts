import { readTiff } from '../tiff/container.js';
import { openFile } from '../tiff/source.js';
import type { MaskClass, Rgb } from '../types.js';

/**
 * The classes that a label mask of segtile names in its description, in the order of their labels; undefined where the file is no such mask.
 *
 * @throws {SegtileError} `input` where the file is missing, or a damaged TIFF
 */
export async function readMaskClasses(path: string, signal?: AbortSignal): Promise<readonly MaskClass[] | undefined> {
  const source = await openFile(path);
  try {
    const start = new Uint8Array(Math.min(4, source.size));
    await source.read([{ offset: 0, into: start }], signal);
    if (!/^(II|MM)/.test(String.fromCharCode(...start.subarray(0, 2))) || start.length < 4) return undefined;
    const { directories } = await readTiff(source, signal);
    return parseMaskClasses(directories[0]?.description ?? '');
  } finally {
    await source.close();
  }
}

/** The classes in the description of a mask; see `writeLabelMask`. */
export function parseMaskClasses(description: string): readonly MaskClass[] | undefined {
  const entries = description.includes('Namespace="segtile/classes"')
    ? [...description.matchAll(/<M K="(\d+)">([^<]*)<\/M>/g)].map(([, label, text]) => `${label} ${unescaped(text!)}`)
    : description.startsWith('segtile label mask\n')
      ? description.split('\n').slice(2)
      : [];
  const classes = entries.flatMap((entry): MaskClass[] => {
    const found = /^(\d+) (.*) #([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/s.exec(entry);
    if (!found) return [];
    const [, label, name, ...color] = found;
    return [{ label: Number(label), name: name!, color: color.map((part) => Number.parseInt(part, 16)) as unknown as Rgb }];
  });
  return classes.length === 0 ? undefined : classes;
}

/** Text of XML as our own writer makes it. */
function unescaped(text: string): string {
  return text.replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)));
}
