import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { SegtileError } from '../../errors.js';
import { isRemote } from '../../io/location.js';
import { writeWhole } from '../../io/partial-file.js';
import { readRegularText } from '../../io/regular-file.js';
import {
  color,
  either,
  listOf,
  number,
  objectOf,
  optional,
  readShape,
  type Shape,
  shape,
  text,
  words,
} from '../../plan/text/shape.js';
import type { CorrectedFeature, Corrections } from '../../view/messages.js';
import { predictedName } from '../evaluate/prediction.js';
import type { FoundSlide } from './found.js';

/**
 * The path of the corrections of a slide: beside the slide, or beside its first result if the slide is not on a local
 * disk.
 */
function pathOf({ path, name, runs }: FoundSlide): string {
  const folder = path !== undefined && !isRemote(path) ? dirname(path) : runs[0]?.folder;
  if (folder === undefined)
    throw new SegtileError('output', `there is no folder for corrections of ${name}`, 'download the slide');
  return join(folder, `${predictedName(name)}.corrections.geojson`);
}

/**
 * Reads the corrections of a slide; there are none if the file does not exist yet.
 *
 * @throws {SegtileError} `input` if the file holds something that cannot be edited here
 */
export async function readCorrections(slide: FoundSlide): Promise<Corrections> {
  const path = pathOf(slide);
  const json = await readRegularText(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new SegtileError('input', `${path} cannot be read: ${error.message}`, 'check its permissions', error);
  });
  const features = json === undefined ? [] : readShape(json, path, collection).features;
  return { path, stamp: stampOf(json), features };
}

/**
 * Writes the corrections of a slide in the form that QuPath reads, whole or not at all.
 *
 * @param sent the message of the page: features, and the stamp of the file version that it knows
 * @throws {SegtileError} `usage` if the message is not valid, or somebody else changed the file meanwhile; `output` if
 *   the file cannot be written
 */
export async function writeCorrections(slide: FoundSlide, sent: string): Promise<Corrections> {
  const { stamp, features } = usage(() => readShape(sent, 'corrections', message));
  const path = pathOf(slide);
  const before = await readRegularText(path).catch(() => undefined);
  if (stampOf(before) !== stamp) {
    throw new SegtileError(
      'usage',
      `${path} was changed by another program or page`,
      'load the page again; what was drawn since is lost',
    );
  }
  const json = `{"type":"FeatureCollection","features":[\n${features.map((each) => JSON.stringify(each)).join(',\n')}\n]}\n`;
  await writeWhole(path, (file) => file.append(new TextEncoder().encode(json)));
  return { path, stamp: stampOf(json), features };
}

/** A short text that identifies the contents of a file; '' if there is no file. */
function stampOf(content: string | undefined): string {
  return content === undefined ? '' : createHash('sha256').update(content).digest('hex').slice(0, 16);
}

function usage<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new SegtileError('usage', (error as Error).message, undefined, error);
  }
}

const is = <Word extends string>(word: Word): Shape<Word> => shape(`"${word}"`, (value) => value === word);
const point = listOf(number, 2) as unknown as Shape<readonly [number, number]>;
const ring: Shape<readonly (readonly [number, number])[]> = (value, at) => {
  const points = listOf(point)(value, at);
  const [first, last] = [points[0], points.at(-1)];
  const closed = points.length >= 4 && first![0] === last![0] && first![1] === last![1];
  return closed ? points : shape<never>('a closed ring', () => false)(value, at);
};
const polygon = listOf(ring);
const geometry = either(
  objectOf<{ readonly type: 'Polygon'; readonly coordinates: (readonly (readonly [number, number])[])[] }>({
    type: is('Polygon'),
    coordinates: polygon,
  }),
  objectOf<{ readonly type: 'MultiPolygon'; readonly coordinates: (readonly (readonly [number, number])[])[][] }>({
    type: is('MultiPolygon'),
    coordinates: listOf(polygon),
  }),
);
const feature = objectOf<CorrectedFeature>({
  type: is('Feature'),
  id: text,
  geometry,
  properties: objectOf<CorrectedFeature['properties']>({
    objectType: is('annotation'),
    classification: objectOf<CorrectedFeature['properties']['classification']>({ name: words, color }),
    measurements: optional(shape<object>('{…}', (value) => typeof value === 'object' && value !== null)),
  }),
});
const collection = objectOf<{ readonly features: CorrectedFeature[] }>({ features: listOf(feature) });
const message = objectOf<{ readonly stamp: string; readonly features: CorrectedFeature[] }>({
  stamp: words,
  features: listOf(feature),
});
