import { SegtileError } from '../errors.js';
import type { Size } from '../types.js';
import { packColor } from './config.js';
import type { Said } from './naming.js';
import { polygonOf, type Ring, requireInside, wrongRings } from './polygon.js';
import type { Polygon } from './shapes.js';

/** Geometries inside geometries, at most: more is no annotation but an attack on the stack. */
const DEEPEST = 16;

/**
 * Reads GeoJSON features as QuPath writes them and as HuBMAP gave them out, one after the other; values of JSON, each a feature
 * or a bare geometry. Coordinates are level-0 pixels. A MultiPolygon or a collection gives as many shapes as it has polygons.
 *
 * @param labelOf gives the label of what a feature says of its class, undefined to leave it out; see `labeller`
 * @returns what gives the polygons of the next feature
 * @throws {SegtileError} `input` naming the feature, counted from 1, that is no area or lies outside the slide
 */
export function geojsonReader(
  path: string,
  slide: Size,
  labelOf: (said: Said, where: string) => number | undefined,
): (feature: unknown) => Iterable<Polygon> {
  let count = 0;
  return function* (feature) {
    const where = `${path}: feature ${++count}`;
    if (!isObject(feature)) throw new SegtileError('input', `${where} is ${show(feature)}, not an object`, 'export it again');
    const label = labelOf(classOf(feature, where), where);
    if (label === undefined) return;
    const geometry = 'geometry' in feature ? feature.geometry : feature;
    for (const rings of polygonsOf(geometry, where, 0)) yield requireInside(polygonOf(label, rings), slide, where);
  };
}

type JsonObject = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function show(value: unknown): string {
  const json = JSON.stringify(value) ?? 'nothing';
  return json.length > 60 ? `${json.slice(0, 60)}…` : json;
}

/**
 * The class of a feature: `properties.classification` is an object with `name`, in QuPath 0.5 and later also `names` (a class
 * and what it is derived from), and a colour, or it is the name itself.
 */
function classOf({ properties }: JsonObject, where: string): Said {
  const classification = isObject(properties) ? properties.classification : undefined;
  if (classification === undefined || classification === null) return { name: undefined, color: undefined };
  if (typeof classification === 'string') return { name: nameOf(classification), color: undefined };
  if (!isObject(classification))
    throw new SegtileError('input', `${where} has the classification ${show(classification)}`, 'an object with a name is due');
  const { name, names } = classification;
  const joined = Array.isArray(names) ? names.join(': ') : undefined;
  return { name: nameOf(name ?? joined), color: colorOf(classification) };
}

function nameOf(name: unknown): string | undefined {
  return typeof name === 'string' && name.trim() !== '' ? name : undefined;
}

/**
 * `color: [r, g, b]`, or before QuPath 0.3 `colorRGB`, a signed integer of which the lowest 24 bits are red, green and blue.
 */
function colorOf({ color, colorRGB }: JsonObject): number | undefined {
  if (Array.isArray(color) && color.length === 3 && color.every(Number.isInteger)) {
    return packColor(color as unknown as [number, number, number]);
  }
  const packed = typeof color === 'number' ? color : colorRGB;
  return typeof packed === 'number' && Number.isInteger(packed) ? packed & 0xffffff : undefined;
}

function* polygonsOf(geometry: unknown, where: string, depth: number): Generator<readonly Ring[]> {
  if (!isObject(geometry)) throw new SegtileError('input', `${where} has the geometry ${show(geometry)}`, 'export it again');
  const { type, coordinates, geometries } = geometry;
  if (type === 'Polygon') yield requireRings(coordinates, where);
  else if (type === 'MultiPolygon' && Array.isArray(coordinates)) {
    for (const polygon of coordinates) yield requireRings(polygon, where);
  } else if (type === 'GeometryCollection' && Array.isArray(geometries) && depth < DEEPEST) {
    for (const each of geometries) yield* polygonsOf(each, where, depth + 1);
  } else {
    throw new SegtileError(
      'input',
      `${where} is a ${typeof type === 'string' ? type : show(type)}, which has no area that can be read`,
      'polygons are due: delete it, or list its class under "skip"',
    );
  }
}

function requireRings(rings: unknown, where: string): readonly Ring[] {
  const wrong = wrongRings(rings);
  if (wrong === undefined) return rings as readonly Ring[];
  throw new SegtileError('input', `${where} is no polygon: ${wrong}`, 'export it again, or delete it');
}
