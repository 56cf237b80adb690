import { attribute, numberAttribute, plainText, type XmlTag, xmlTags } from '../plan/xml.js';
import type { Tiff } from '../tiff/container.js';
import { type Directory, directoryName } from '../tiff/directory.js';
import { type Associated, bySize, type Layout, levelsOf } from './layout.js';
import { isReduced, plainLayout } from './levels.js';
import { pixelsMpp } from './mpp.js';
import type { SlideMpp } from './slide.js';

/** An `Image` of OME-XML with its `Pixels` (OME schema 2016-06). */
export interface OmeImage {
  readonly name: string;
  /** Order in which planes follow each other where the XML does not place them one by one, such as `XYCZT`: C fastest. */
  readonly order: string;
  readonly sizes: { readonly C: number; readonly Z: number; readonly T: number };
  readonly mpp: SlideMpp | undefined;
  readonly channels: readonly string[];
  readonly places: readonly Place[];
}

/** A `TiffData` element: which directory of which file holds a plane, and how many follow it. */
interface Place {
  readonly ifd: number | undefined;
  readonly count: number | undefined;
  readonly first: { readonly C: number; readonly Z: number; readonly T: number };
  /** Whether the plane is in another file, and its name. */
  otherFile: string | undefined;
}

type Axis = 'C' | 'Z' | 'T';

/** The images of OME-XML, in its order. */
export function readOme(xml: string): OmeImage[] {
  const images: { -readonly [key in keyof OmeImage]: OmeImage[key] }[] = [];
  let channels: string[] = [];
  let places: Place[] = [];
  let uuid: string | undefined;
  for (const tag of xmlTags(xml)) {
    if (tag.kind === 'close') continue;
    const image = images.at(-1);
    const whole = (name: string, least: number) => Math.max(least, Math.floor(numberAttribute(tag, name) ?? least));
    if (tag.name === 'OME') uuid = attribute(tag, 'UUID');
    else if (tag.name === 'Image') {
      if (images.length === MOST_IMAGES) break;
      [channels, places] = [[], []];
      const sizes = { C: 1, Z: 1, T: 1 };
      images.push({ name: attribute(tag, 'Name') ?? '', order: 'XYCZT', sizes, mpp: undefined, channels, places });
    } else if (image === undefined) continue;
    else if (tag.name === 'Pixels') {
      image.order = attribute(tag, 'DimensionOrder') ?? 'XYCZT';
      image.sizes = { C: whole('SizeC', 1), Z: whole('SizeZ', 1), T: whole('SizeT', 1) };
      image.mpp = pixelsMpp(tag);
    } else if (tag.name === 'Channel') channels.push(attribute(tag, 'Name') ?? '');
    else if (tag.name === 'TiffData') {
      if (places.length === MOST_PLACES) continue;
      const first = { C: whole('FirstC', 0), Z: whole('FirstZ', 0), T: whole('FirstT', 0) };
      places.push({ ifd: numberAttribute(tag, 'IFD'), count: numberAttribute(tag, 'PlaneCount'), first, otherFile: undefined });
    } else if (tag.name === 'UUID') markOtherFile(places.at(-1), tag, uuid);
  }
  return images;
}

/** A plane lies in the file whose own UUID is given with it. */
function markOtherFile(place: Place | undefined, tag: XmlTag, own: string | undefined): void {
  if (place === undefined || own === undefined) return;
  if (plainText(tag.text).toLowerCase() !== own.toLowerCase())
    place.otherFile = attribute(tag, 'FileName') ?? plainText(tag.text);
}

/**
 * The directory of each channel of an image at one plane of depth and one point in time; undefined for a channel that the file lacks.
 * Where `TiffData` says nothing of place, planes follow each other from directory 0 in the order of the dimensions. A directory with
 * several samples a pixel holds as many channels (OME-TIFF specification).
 *
 * @param samples of a pixel in one directory
 */
export function channelPlanes(image: OmeImage, z: number, t: number, samples: number): (number | undefined)[] {
  const { sizes, order, places } = image;
  const planes: Record<Axis, number> = { C: Math.max(1, Math.ceil(sizes.C / samples)), Z: sizes.Z, T: sizes.T };
  const axes = ([...order].filter((axis) => axis === 'C' || axis === 'Z' || axis === 'T') as Axis[]).slice(0, 3);
  const strides: Record<Axis, number> = { C: 0, Z: 0, T: 0 };
  let total = 1;
  for (const axis of axes) {
    strides[axis] = total;
    total *= planes[axis];
  }
  const linear = (at: Record<Axis, number>) => at.C * strides.C + at.Z * strides.Z + at.T * strides.T;
  const found: (number | undefined)[] = Array(Math.min(planes.C, MOST_CHANNELS)).fill(undefined);
  let left = found.length;
  const base = linear({ C: 0, Z: z, T: t });
  for (const { ifd, count, first, otherFile } of places.length > 0 ? places : [EVERYWHERE]) {
    const start = linear({ ...first, C: Math.floor(first.C / samples) });
    const end = start + (count ?? (ifd === undefined ? total : 1));
    for (let C = Math.max(0, Math.ceil((start - base) / strides.C)); C < found.length && base + C * strides.C < end; C++) {
      if (otherFile === undefined && found[C] === undefined) {
        found[C] = (ifd ?? 0) + base + C * strides.C - start;
        left--;
      }
    }
    if (left === 0) break;
  }
  return found;
}

const EVERYWHERE: Place = { ifd: undefined, count: undefined, first: { C: 0, Z: 0, T: 0 }, otherFile: undefined };

/** More of these make no sense in one file, whose directories are no more than 4,096. */
const MOST_CHANNELS = 4096;
const MOST_IMAGES = 1024;
const MOST_PLACES = 2 ** 15;

/**
 * An OME-TIFF by its XML: the largest image is the slide, each channel a directory with its levels in sub-directories (or in chained
 * directories of its shape). Of a stack of focal planes the middle one is read, of a series in time the first.
 */
export async function omeLayout(tiff: Tiff, xml: string): Promise<Layout> {
  const { directories } = tiff;
  const read = readOme(xml).flatMap((image) => {
    // In the middle of a stack is what the scanner focused on.
    const z = Math.floor((image.sizes.Z - 1) / 2);
    const first = directories[channelPlanes(image, 0, 0, 1)[0] ?? -1];
    const numbers = first === undefined ? [] : channelPlanes(image, z, 0, first.samples);
    const base = directories[numbers[0] ?? -1];
    return base === undefined ? [] : [{ image, z, numbers, base }];
  });
  const main = read.reduce<(typeof read)[number] | undefined>(
    (a, b) => (a !== undefined && a.base.width * a.base.height >= b.base.width * b.base.height ? a : b),
    undefined,
  );
  if (main === undefined) return unplaced(tiff);
  const { image, z, base } = main;
  const pages = main.numbers.map((number) => (number === undefined ? undefined : directories[number]));
  const whole = pages.filter(
    (page): page is Directory => page !== undefined && page.width === base.width && page.height === base.height,
  );
  const subs = await Promise.all(whole.map((page) => tiff.subDirectories(page)));
  const depth = Math.min(...subs.map((children) => children.length));
  const chained = directories.filter(
    (d) => (d.subfileType & 1) !== 0 && d !== base && isReduced(base, d) && d.width < base.width,
  );
  const steps = Array.from({ length: depth }, (_, level) => subs.map((children) => children[level]!));
  const groups = depth > 0 ? steps : bySize(chained);
  const { levels, others } = levelsOf([whole, ...groups.filter(([first]) => first!.width < base.width)]);
  const associated: Associated[] = read
    .filter((other) => other !== main)
    .map((other) => ({ kind: kindOf(other.image.name), directory: other.base }));
  return {
    format: 'OME-TIFF',
    levels,
    channels: whole.length > 1 ? whole.map((_, channel) => image.channels[channel] ?? '') : [],
    associated: [...associated, ...others.map((directory): Associated => ({ kind: 'other', directory }))],
    mpp: image.mpp,
    notes: stackNotes(image, z),
    refusal: whole.length < pages.length ? missing(image, pages, base) : undefined,
  };
}

/** A file whose XML is in another file, or places none of its directories: one image can be read, of several nobody knows what they are. */
async function unplaced(tiff: Tiff): Promise<Layout> {
  const plain = await plainLayout(tiff.directories, tiff.subDirectories);
  const alone = plain.channels.length === 0 && plain.refusal === undefined;
  const refusal = {
    message: 'has several images, but its OME-XML does not say what they are',
    hint: 'export it as one OME-TIFF, or name the channels to read with --channels',
    liftedByChannels: plain.channels.length > 0,
  };
  return { ...plain, format: 'OME-TIFF', refusal: alone ? undefined : refusal };
}

function stackNotes({ sizes }: OmeImage, z: number): string[] {
  return [
    ...(sizes.Z > 1 ? [`of ${sizes.Z} focal planes, the middle one is read (z ${z}, counted from 0)`] : []),
    ...(sizes.T > 1 ? [`of ${sizes.T} points in time, the first is read`] : []),
  ];
}

function missing(image: OmeImage, pages: readonly (Directory | undefined)[], base: Directory): Layout['refusal'] {
  const channel = pages.findIndex((page) => page === undefined || page.width !== base.width || page.height !== base.height);
  const page = pages[channel];
  const elsewhere = image.places.find(({ otherFile }) => otherFile !== undefined)?.otherFile;
  if (page !== undefined) {
    return {
      message: `keeps channel ${channel} in ${directoryName(page)}, which has another size than channel 0`,
      hint: 'export it again as OME-TIFF, for example with QuPath',
    };
  }
  return {
    message: `lacks channel ${channel} of the ${pages.length} that its OME-XML lists${elsewhere === undefined ? '' : `: they are in other files such as ${elsewhere}`}`,
    hint: 'export it as one OME-TIFF, for example with QuPath or bfconvert',
  };
}

function kindOf(name: string): Associated['kind'] {
  const word = /label|macro|thumbnail/i.exec(name)?.[0].toLowerCase();
  return word === 'label' || word === 'macro' || word === 'thumbnail' ? word : 'other';
}
