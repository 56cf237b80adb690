import type { Tiff } from '../../tiff/container.js';
import { type Directory, directoryName } from '../../tiff/directory.js';
import { type Associated, byIndex, bySize, levelsOf, type SlideLayout } from './layout.js';
import { isReduced, plainLayout } from './levels.js';
import { channelPlanes, metadataFile, type OmeImage, type OmeStand, omeStand, readOme } from './ome-planes.js';

/**
 * The layout of an OME-TIFF by its XML. The largest image is the slide. Each channel is a directory, with its levels in
 * sub-directories or in chained directories of the same shape. The middle focal plane is read, at the first point in
 * time.
 */
export async function omeLayout(tiff: Tiff, xml: string): Promise<SlideLayout> {
  const { directories } = tiff;
  const at = byIndex(directories);
  const read = readOme(xml).flatMap((image) => {
    // The directories of an image are alike, so any of them tells the number of samples per pixel.
    const one = omeStand(image, 1);
    const any = channelPlanes(image, one.elsewhere ? one.z : 0, one.t, 1).find((number) => number !== undefined);
    const first = at(any);
    if (first === undefined) return [];
    const stand = omeStand(image, first.samples);
    const numbers = channelPlanes(image, stand.z, stand.t, first.samples);
    const base = numbers.map(at).find((page) => page !== undefined);
    return base === undefined ? [] : [{ image, stand, numbers, base }];
  });
  const main = read.reduce<(typeof read)[number] | undefined>(
    (a, b) => (a !== undefined && a.base.width * a.base.height >= b.base.width * b.base.height ? a : b),
    undefined,
  );
  if (main === undefined) return unplaced(tiff, xml);
  const { image, stand, base } = main;
  const pages = main.numbers.map(at);
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
    channels: whole.length > 1 ? whole.map((page) => image.channels[pages.indexOf(page)] ?? '') : [],
    associated: [...associated, ...others.map((directory): Associated => ({ kind: 'other', directory }))],
    mpp: image.mpp,
    notes: stackNotes(image, stand),
    refusal: whole.length < pages.length ? missing(stand, pages, base) : undefined,
  };
}

/**
 * The layout of a file whose XML is in another file or does not mention its directories. A single image can be read. If
 * there are several, it is unknown which is which.
 */
async function unplaced(tiff: Tiff, xml: string): Promise<SlideLayout> {
  const plain = await plainLayout(tiff.directories, tiff.subDirectories);
  const alone = plain.channels.length === 0 && plain.refusal === undefined;
  const refusal = {
    message: 'has several images, but its OME-XML does not say what they are',
    hint: 'export it as one OME-TIFF, or name the channels to read with --channels',
    liftedByChannels: plain.channels.length > 0,
  };
  const master = metadataFile(xml);
  const notes = master === undefined ? [] : [`another file, ${master}, says what its images are; it is not read`];
  return { ...plain, format: 'OME-TIFF', notes: [...notes, ...plain.notes], refusal: alone ? undefined : refusal };
}

function stackNotes({ sizes }: OmeImage, { z, t, elsewhere }: OmeStand): string[] {
  const away = elsewhere === undefined ? '' : ' that is here';
  return [
    ...(elsewhere === undefined
      ? []
      : [`${elsewhere.planes} of its ${elsewhere.of} planes are in other files such as ${elsewhere.file}`]),
    ...(sizes.Z > 1
      ? [
          `of ${sizes.Z} focal planes, the ${away === '' ? 'middle one' : `one nearest to the middle${away}`} is read (z ${z}, counted from 0)`,
        ]
      : []),
    ...(sizes.T > 1
      ? [`of ${sizes.T} points in time, the first${away} is read${t === 0 ? '' : ` (t ${t}, counted from 0)`}`]
      : []),
  ];
}

function missing({ elsewhere }: OmeStand, pages: readonly (Directory | undefined)[], base: Directory): SlideLayout['refusal'] {
  const channel = pages.findIndex((page) => page === undefined || page.width !== base.width || page.height !== base.height);
  const page = pages[channel];
  if (page !== undefined) {
    return {
      message: `keeps channel ${channel} in ${directoryName(page)}, which has another size than channel 0`,
      hint: 'export it again as OME-TIFF, for example with QuPath',
    };
  }
  const lacks = `lacks channel ${channel} of the ${pages.length} that its OME-XML lists`;
  if (elsewhere === undefined) {
    return { message: lacks, hint: 'export it as one OME-TIFF, for example with QuPath or bfconvert' };
  }
  return {
    message: `holds ${elsewhere.of - elsewhere.planes} of ${elsewhere.of} planes, and ${lacks}: they are in other files such as ${elsewhere.file}`,
    hint: 'export it as one OME-TIFF, for example with bfconvert, or name the channels that are here with --channels, from 0',
    liftedByChannels: true,
  };
}

function kindOf(name: string): Associated['kind'] {
  const word = /label|macro|thumbnail/i.exec(name)?.[0].toLowerCase();
  return word === 'label' || word === 'macro' || word === 'thumbnail' ? word : 'other';
}
