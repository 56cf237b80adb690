import { attribute, numberAttribute, plainText, type XmlTag, xmlTags } from '../../plan/text/xml.js';
import { pixelsMpp } from '../mpp/mpp.js';
import type { MppStatement } from '../mpp/mpp-statement.js';

/** An `Image` of OME-XML with its `Pixels` (OME schema 2016-06). */
export interface OmeImage {
  readonly name: string;
  /** Order of the planes if the XML does not place them one by one, such as `XYCZT`: C varies fastest. */
  readonly order: string;
  readonly sizes: { readonly C: number; readonly Z: number; readonly T: number };
  readonly mpp: MppStatement;
  readonly channels: readonly string[];
  readonly places: readonly PlanePlace[];
}

/** A `TiffData` element: which directory of which file holds a plane, and how many planes follow it. */
interface PlanePlace {
  readonly ifd: number | undefined;
  readonly count: number | undefined;
  readonly first: { readonly C: number; readonly Z: number; readonly T: number };
  /**
   * Name of the other file that holds the plane, or its UUID if there is no name; undefined if the plane is in this
   * file.
   */
  otherFile: string | undefined;
}

type StackAxis = 'C' | 'Z' | 'T';

/** The images that OME-XML describes, in its order. */
export function readOme(xml: string): OmeImage[] {
  const images: { -readonly [key in keyof OmeImage]: OmeImage[key] }[] = [];
  let channels: string[] = [];
  let places: PlanePlace[] = [];
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
      images.push({ name: attribute(tag, 'Name') ?? '', order: 'XYCZT', sizes, mpp: {}, channels, places });
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

/** The name of the file that has the OME-XML, if this file only has pixels. */
export function metadataFile(xml: string): string | undefined {
  for (const tag of xmlTags(xml)) if (tag.name === 'BinaryOnly') return attribute(tag, 'MetadataFile');
  return undefined;
}

/** Marks a plane as stored in another file, if the UUID given with it is not that of this file. */
function markOtherFile(place: PlanePlace | undefined, tag: XmlTag, own: string | undefined): void {
  if (place === undefined || own === undefined) return;
  if (plainText(tag.text).toLowerCase() !== own.toLowerCase())
    place.otherFile = attribute(tag, 'FileName') ?? plainText(tag.text);
}

/**
 * The directory of each channel of an image at one focal plane and one point in time; undefined for a channel that the
 * file lacks. If `TiffData` does not place the planes, they follow each other from directory 0 in the order of the
 * dimensions. A directory with several samples per pixel holds that many channels (OME-TIFF specification).
 *
 * @param samples samples per pixel in one directory
 */
export function channelPlanes(image: OmeImage, z: number, t: number, samples: number): (number | undefined)[] {
  const { planes, strides, linear, stretches } = arrangement(image, samples);
  const found: (number | undefined)[] = Array(Math.min(planes.C, MOST_CHANNELS)).fill(undefined);
  let left = found.length;
  const base = linear({ C: 0, Z: z, T: t });
  for (const { start, end, ifd, otherFile } of stretches) {
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

/** The order of the planes of an image, and which stretches of them `TiffData` places. */
function arrangement({ sizes, order, places }: OmeImage, samples: number) {
  const planes: Record<StackAxis, number> = { C: Math.max(1, Math.ceil(sizes.C / samples)), Z: sizes.Z, T: sizes.T };
  const axes = ([...order].filter((axis) => axis === 'C' || axis === 'Z' || axis === 'T') as StackAxis[]).slice(0, 3);
  const strides: Record<StackAxis, number> = { C: 0, Z: 0, T: 0 };
  let total = 1;
  for (const axis of axes) {
    strides[axis] = total;
    total *= planes[axis];
  }
  const linear = (at: Record<StackAxis, number>) => at.C * strides.C + at.Z * strides.Z + at.T * strides.T;
  const stretches = (places.length > 0 ? places : [EVERYWHERE]).map(({ ifd, count, first, otherFile }) => {
    const start = linear({ ...first, C: Math.floor(first.C / samples) });
    return { start, end: start + (count ?? (ifd === undefined ? total : 1)), ifd, otherFile };
  });
  return { planes, strides, total, linear, stretches };
}

/** The focal plane and the point in time at which an image is read. */
export interface OmeStand {
  /** Both counted from 0. */
  readonly z: number;
  readonly t: number;
  /** How many of the image's planes are in other files, and the name of one of these files. */
  readonly elsewhere: { readonly planes: number; readonly of: number; readonly file: string } | undefined;
}

/**
 * Chooses the focal plane and the point in time. The middle focal plane is the one that the scanner focused on; it is
 * taken at the first point in time. If some planes are in other files, only those in this file are considered: those
 * with the most channels here, and among equals the focal plane nearest to the middle.
 *
 * @param samples samples per pixel in one directory
 */
export function omeStand(image: OmeImage, samples: number): OmeStand {
  const { sizes } = image;
  const middle = Math.floor((sizes.Z - 1) / 2);
  const file = image.places.find(({ otherFile }) => otherFile !== undefined)?.otherFile;
  if (file === undefined) return { z: middle, t: 0, elsewhere: undefined };
  const { planes, strides, total, stretches } = arrangement(image, samples);
  const here = new Map<number, { readonly z: number; readonly t: number; channels: number }>();
  let elsewhere = 0;
  let left = MOST_CHANNELS;
  for (const { start, end, otherFile } of stretches) {
    if (otherFile !== undefined) elsewhere += Math.max(0, Math.min(end, total) - start);
    else {
      for (let plane = start; plane < Math.min(end, total) && left > 0; plane++, left--) {
        const [z, t] = [Math.floor(plane / strides.Z) % planes.Z, Math.floor(plane / strides.T) % planes.T];
        const stand = here.get(t * planes.Z + z) ?? { z, t, channels: 0 };
        stand.channels++;
        here.set(t * planes.Z + z, stand);
      }
    }
  }
  const [best = { z: middle, t: 0 }] = [...here.values()].sort(
    (a, b) => b.channels - a.channels || Math.abs(a.z - middle) - Math.abs(b.z - middle) || a.t - b.t,
  );
  return { z: best.z, t: best.t, elsewhere: { planes: elsewhere, of: total, file } };
}

const EVERYWHERE: PlanePlace = { ifd: undefined, count: undefined, first: { C: 0, Z: 0, T: 0 }, otherFile: undefined };

/** Limits for one file. Larger numbers make no sense, because a file has at most 4,096 directories. */
const MOST_CHANNELS = 4096;
const MOST_IMAGES = 1024;
const MOST_PLACES = 2 ** 15;
