import { plainText, rootName, xmlTags } from '../../plan/text/xml.js';
import type { Directory } from '../../tiff/directory.js';
import { type Associated, bySize, levelsOf, type SlideLayout } from './layout.js';

/** Whether Akoya's (formerly PerkinElmer's) software wrote the description of a directory. */
export function isQptiff({ description }: Directory): boolean {
  return rootName(description) === 'PerkinElmer-QPI-ImageDescription';
}

/**
 * The layout of a QPTIFF. The XML of each directory says what the image is (Akoya, "QPTIFF file format", 2020). A level
 * has one directory in colour, or one for each fluorescence channel.
 */
export function qptiffLayout(directories: readonly Directory[]): SlideLayout {
  const read = directories.map((directory) => ({ directory, ...describe(directory.description) }));
  const full = read.filter(({ type }) => type === 'FullResolution');
  const reduced = read.filter(({ type }) => type === 'ReducedResolution').map(({ directory }) => directory);
  const base = full.length > 0 ? full : read.slice(0, 1);
  const { levels, others } = levelsOf([base.map(({ directory }) => directory), ...bySize(reduced)]);
  const associated = read
    .filter((each) => !base.includes(each) && each.type !== 'ReducedResolution')
    .map(({ type, directory }): Associated => ({ kind: KINDS.get(type) ?? 'other', directory }));
  return {
    format: 'QPTIFF',
    levels,
    channels: base.length > 1 ? base.map(({ name }) => name) : [],
    associated: [...associated, ...others.map((directory): Associated => ({ kind: 'other', directory }))],
    notes: [],
  };
}

const KINDS: ReadonlyMap<string, Associated['kind']> = new Map([
  ['Thumbnail', 'thumbnail'],
  ['Overview', 'macro'],
  ['Label', 'label'],
]);

/** The kind of an image and the name of its channel. The name of the biomarker is preferred to that of the dye. */
function describe(xml: string): { readonly type: string; readonly name: string } {
  const texts = new Map<string, string>();
  for (const { name, kind, text } of xmlTags(xml)) {
    if (kind === 'open' && !texts.has(name) && LOOKED_AT.includes(name)) texts.set(name, plainText(text));
    if (texts.size === LOOKED_AT.length) break;
  }
  return { type: texts.get('ImageType') ?? '', name: texts.get('Biomarker') || texts.get('Name') || '' };
}

const LOOKED_AT: readonly string[] = ['ImageType', 'Name', 'Biomarker'];
