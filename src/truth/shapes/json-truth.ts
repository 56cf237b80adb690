import { text as streamText } from 'node:stream/consumers';
import { reason, SegtileError } from '../../errors.js';
import { parseJson } from '../../plan/text/json.js';
import type { Size } from '../../types.js';
import { defaultConfig, type TruthConfig } from '../config.js';
import { openText } from '../text-file.js';
import type { Truth } from '../truth.js';
import { cocoReader } from './coco.js';
import { type GeojsonReader, geojsonReader } from './geojson.js';
import { jsonItems } from './json-items.js';
import { withoutBareNumbers } from './loose-json.js';
import { labeller } from './naming.js';
import { shapeTruth } from './shape-truth.js';
import type { LabelShape } from './shapes.js';

/** The lists of a COCO file that are read. */
const COCO_LISTS = ['images', 'annotations', 'categories'];

/**
 * Opens a JSON file of polygons: COCO if it lists images and annotations, otherwise GeoJSON. The geometry is kept in
 * memory, the file is not.
 *
 * @param name of the slide, to find its image in COCO
 * @throws {SegtileError} `input` if the file is damaged, or does not fit the slide or the classes
 */
export async function openJsonTruth(
  path: string,
  name: string,
  slide: Size,
  config: TruthConfig,
  signal?: AbortSignal,
): Promise<Truth> {
  if (await isCoco(path, signal)) {
    const coco = cocoReader(path, name, slide, config);
    for await (const item of jsonItems(path, COCO_LISTS, undefined, signal)) coco.add(item.list, item.value);
    return shapeTruth({ path, kind: 'COCO', slide, config, ...coco.shapes() });
  }
  const found = await geojsonShapes(path, geojsonReader(path, slide, labeller(config)), signal);
  return shapeTruth({ path, kind: 'GeoJSON', slide, config, ...found });
}

async function geojsonShapes(
  path: string,
  reader: GeojsonReader,
  signal: AbortSignal | undefined,
): Promise<{ readonly shapes: readonly LabelShape[]; readonly notes: readonly string[] }> {
  const members = new Set<string>();
  const shapes: LabelShape[] = [];
  let list = false;
  for await (const { value } of jsonItems(path, ['features'], (member) => members.add(member), signal)) {
    for (const shape of reader.polygons(value)) shapes.push(shape);
    list = true;
  }
  // A file that holds one feature, or just a geometry.
  if (!list && members.size > 0 && !members.has('features'))
    for (const shape of reader.polygons(await readWhole(path))) shapes.push(shape);
  return { shapes, notes: reader.notes() };
}

async function readWhole(path: string): Promise<unknown> {
  const json = await openText(path)
    .then(streamText)
    .catch((cause: unknown) => {
      throw new SegtileError('input', `${path} cannot be read: ${reason(cause)}`, 'check the permissions of the file', cause);
    });
  return parseJson(withoutBareNumbers(json) ?? json, path, 'input');
}

/**
 * The size of the image of a slide in a COCO file.
 *
 * @throws {SegtileError} `input` if there is none, or several
 */
export async function sizeInCoco(path: string, name: string, signal?: AbortSignal): Promise<Size> {
  const coco = cocoReader(path, name, { width: 1, height: 1 }, defaultConfig());
  for await (const item of jsonItems(path, ['images'], undefined, signal)) coco.add(item.list, item.value);
  return coco.image();
}

/** Whether a JSON file is COCO, which holds the truth of many slides. */
export async function isCoco(path: string, signal?: AbortSignal): Promise<boolean> {
  const members = new Set<string>();
  const listsAll = () => members.has('images') && members.has('annotations');
  // The first entries usually tell, so a large file need not be read to its end.
  for await (const { list } of jsonItems(path, ['features', ...COCO_LISTS], (member) => members.add(member), signal)) {
    if (listsAll() || !COCO_LISTS.includes(list)) break;
  }
  return listsAll();
}
