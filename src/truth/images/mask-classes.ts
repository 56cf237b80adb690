import { openFile } from '../../io/source.js';
import { IGNORED } from '../../plan/labels/ignored.js';
import { isWhole } from '../../plan/text/values.js';
import { attribute, unescapeXml, xmlTags } from '../../plan/text/xml.js';
import { readTiff } from '../../tiff/container.js';
import type { Resolution } from '../../tiff/directory.js';
import type { MaskClass, Rgb } from '../../types.js';
import { type OmeChannel, omeChannels } from './ome-channels.js';

/** What the tags of a mask say about it. */
export interface MaskHead {
  /**
   * The classes in the order of their labels; undefined if the mask does not name them. The class of a mask of 0 and
   * 255 gets label 1.
   */
  readonly classes: readonly MaskClass[] | undefined;
  /** The channels of an OME-TIFF; see {@link omeChannels}. */
  readonly channels: readonly OmeChannel[];
  /** The description and the resolution tags, which say how large its pixels are. */
  readonly description: string;
  readonly resolution: Resolution | undefined;
}

/**
 * Reads what the tags of a mask say: its classes, if segtile wrote it, and the size of its pixels. A file that is not a
 * TIFF gives nothing.
 *
 * @throws {SegtileError} `input` if the file is missing, or a damaged TIFF
 */
export async function readMaskHead(path: string, signal?: AbortSignal): Promise<MaskHead> {
  const source = await openFile(path);
  try {
    const start = new Uint8Array(Math.min(4, source.size));
    await source.read([{ offset: 0, into: start }], signal);
    const isTiff = start.length === 4 && /^(II|MM)/.test(String.fromCharCode(...start.subarray(0, 2)));
    const directory = isTiff ? (await readTiff(source, signal)).directories[0] : undefined;
    const description = directory?.description ?? '';
    const classes = parseMaskClasses(description)?.map(asLabel);
    return { classes, channels: omeChannels(description), description, resolution: directory?.resolution };
  } finally {
    await source.close();
  }
}

/**
 * Gives the only class of a mask label 1 if its value is 255 (`--mask-values 255`), because label 255 means ignored
 * pixels.
 */
function asLabel(only: MaskClass, _: number, { length }: readonly MaskClass[]): MaskClass {
  return length === 1 && only.label === IGNORED ? { ...only, label: 1 } : only;
}

/** The classes in the description of a mask; see `writeLabelMask`. */
export function parseMaskClasses(description: string): readonly MaskClass[] | undefined {
  const entries = description.startsWith('segtile label mask\n') ? description.split('\n').slice(2) : mapEntries(description);
  const classes = entries.flatMap((entry): MaskClass[] => {
    const found = /^(\d+) (.*) #([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/s.exec(entry);
    if (!found || !isWhole(Number(found[1]), 1, 255)) return [];
    const [, label, name, ...color] = found;
    return [{ label: Number(label), name: name!, color: color.map((part) => Number.parseInt(part, 16)) as unknown as Rgb }];
  });
  return classes.length === 0 ? undefined : classes;
}

/** Label and text of each entry of the map of classes in OME-XML, which other tools may have rewritten. */
function mapEntries(xml: string): string[] {
  const entries: string[] = [];
  let ours = false;
  for (const tag of xmlTags(xml)) {
    if (tag.name === 'MapAnnotation') ours = attribute(tag, 'Namespace') === 'segtile/classes';
    if (ours && tag.name === 'M' && tag.kind === 'open') entries.push(`${attribute(tag, 'K')} ${unescapeXml(tag.text)}`);
  }
  return entries;
}
