import { readFile } from 'node:fs/promises';
import { reason, SegtileError } from '../errors.js';
import { parseJson } from '../plan/checked.js';
import type { Size } from '../types.js';
import { cocoReader } from './coco.js';
import type { TruthConfig } from './config.js';
import { geojsonReader } from './geojson.js';
import { jsonItems } from './json-items.js';
import { shapeTruth } from './shape-truth.js';
import type { Shape } from './shapes.js';
import type { Truth } from './truth.js';

/** The lists that make a COCO file. */
const COCO_LISTS = ['images', 'annotations', 'categories'];

/**
 * Opens a JSON file of polygons: COCO where it lists images and annotations, else GeoJSON. What is held is the geometry, not the file.
 *
 * @param name of the slide, which chooses among the images of COCO
 * @throws {SegtileError} `input` where the file is damaged, or does not fit the slide or the classes
 */
export async function openJsonTruth(
  path: string,
  name: string,
  slide: Size,
  config: TruthConfig,
  signal?: AbortSignal,
): Promise<Truth> {
  const members = new Set<string>();
  const coco = cocoReader(path, name, slide, config);
  const geojson = geojsonReader(path, slide, config);
  const shapes: Shape[] = [];
  let list = false;
  for await (const item of jsonItems(path, ['features', ...COCO_LISTS], (member) => members.add(member), signal)) {
    if (COCO_LISTS.includes(item.list)) coco.add(item.list, item.value);
    else for (const shape of geojson(item.value)) shapes.push(shape);
    list = true;
  }
  if (members.has('images') && members.has('annotations')) {
    return shapeTruth({ path, kind: 'COCO', slide, config, shapes: coco.shapes() });
  }
  // A file that is one feature, or no more than its geometry.
  if (!list && members.size > 0 && !members.has('features'))
    for (const shape of geojson(await readWhole(path))) shapes.push(shape);
  return shapeTruth({ path, kind: 'GeoJSON', slide, config, shapes });
}

async function readWhole(path: string): Promise<unknown> {
  const json = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new SegtileError('input', `${path} cannot be read: ${reason(cause)}`, 'check that the file may be read', cause);
  });
  return parseJson(json, path, 'input');
}

/** Whether a JSON file is COCO, which holds the truth of many slides. */
export async function isCoco(path: string, signal?: AbortSignal): Promise<boolean> {
  const members = new Set<string>();
  for await (const _ of jsonItems(path, [], (member) => members.add(member), signal)) break;
  return members.has('images') && members.has('annotations');
}
