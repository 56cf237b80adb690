import { numberAttribute, rootName, xmlTags } from '../../plan/text/xml.js';
import { type Directory, directoryName } from '../../tiff/directory.js';
import { physical } from '../mpp/mpp.js';
import type { MppStatement } from '../mpp/mpp-statement.js';
import { type Associated, byIndex, type SlideLayout } from './layout.js';

/** Whether a description is that of a Leica SCN file. */
export function isLeica(description: string): boolean {
  return rootName(description) === 'scn';
}

/** An `image` element: the pixels that were scanned at one place. */
interface Scan {
  /** Width at full resolution, in pixels. */
  width: number;
  /** Position and size on the glass, in nanometres. */
  view: { x: number; y: number; width: number; height: number };
  height: number;
  readonly dimensions: { readonly level: number; readonly channel: number; readonly z: number; readonly ifd: number }[];
}

/**
 * The layout of a Leica SCN file. For each scanned place, its XML lists the directories of the levels, channels and
 * focal planes (openslide.org/formats/leica). The scan of the whole glass is the macro image. If there are several
 * other scans, none of them can be taken for *the* slide.
 */
export function leicaLayout(directories: readonly Directory[]): SlideLayout {
  const at = byIndex(directories);
  const { whole, scans } = readScans(directories[0]!.description);
  const covers = ({ view }: Scan) => view.width >= whole.width && view.height >= whole.height && view.x === 0 && view.y === 0;
  const macros = scans.filter((scan) => scans.length > 1 && covers(scan));
  const mains = scans.filter((scan) => !macros.includes(scan));
  const main = mains[0];
  const base = { format: 'Leica SCN', channels: [], notes: [] };
  if (main === undefined || mains.length > 1) {
    return {
      ...base,
      levels: [[directories[0]!]],
      associated: [],
      refusal: {
        message: `has ${mains.length} scanned regions`,
        hint: 'export the region that is meant as OME-TIFF, for example with QuPath',
      },
    };
  }
  const z = middle(main.dimensions.map((dimension) => dimension.z));
  const planes = main.dimensions.filter((dimension) => dimension.z === z);
  const depth = Math.max(...planes.map(({ level }) => level)) + 1;
  const channels = planes.filter(({ level }) => level === 0).length;
  const levels = Array.from({ length: Math.min(depth, planes.length) }, (_, level) =>
    planes
      .filter((plane) => plane.level === level)
      .sort((a, b) => a.channel - b.channel)
      .flatMap(({ ifd }) => at(ifd) ?? []),
  ).filter((pages) => pages.length === channels && pages.length > 0);
  const missing = planes.find(({ ifd }) => at(ifd) === undefined);
  return {
    ...base,
    levels: levels.length > 0 ? levels : [[directories[0]!]],
    channels: channels > 1 ? Array(channels).fill('') : [],
    associated: macros.flatMap((scan): Associated[] => {
      const directory = at(scan.dimensions.find(({ level }) => level === 0)?.ifd);
      return directory === undefined ? [] : [{ kind: 'macro', directory }];
    }),
    mpp: mppOf(main),
    notes: main.dimensions.some((dimension) => dimension.z !== z)
      ? [`of several focal planes, the middle one is read (z ${z})`]
      : [],
    refusal:
      missing === undefined && levels.length > 0
        ? undefined
        : {
            message: `lacks directories that its XML lists, of ${directoryName(directories.at(-1)!)} the last`,
            hint: 'copy it again',
          },
  };
}

function mppOf({ view, width, height }: Scan): MppStatement {
  return physical(view.width / width / 1000, view.height / height / 1000, 'Leica SCN');
}

function middle(values: readonly number[]): number {
  const sorted = [...new Set(values)].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
}

function readScans(xml: string): { readonly whole: { width: number; height: number }; readonly scans: readonly Scan[] } {
  const whole = { width: 0, height: 0 };
  const scans: Scan[] = [];
  for (const tag of xmlTags(xml)) {
    if (tag.kind === 'close') continue;
    const number = (name: string) => numberAttribute(tag, name) ?? 0;
    const scan = scans.at(-1);
    if (tag.name === 'collection') [whole.width, whole.height] = [number('sizeX'), number('sizeY')];
    else if (tag.name === 'image')
      scans.push({ width: 0, height: 0, view: { x: 0, y: 0, width: 0, height: 0 }, dimensions: [] });
    else if (scan === undefined) continue;
    else if (tag.name === 'pixels') [scan.width, scan.height] = [number('sizeX'), number('sizeY')];
    else if (tag.name === 'view') {
      scan.view = { x: number('offsetX'), y: number('offsetY'), width: number('sizeX'), height: number('sizeY') };
    } else if (tag.name === 'dimension') {
      scan.dimensions.push({ level: number('r'), channel: number('c'), z: number('z'), ifd: number('ifd') });
    }
  }
  return { whole, scans };
}
