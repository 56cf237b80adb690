import { SegtileError } from '../../errors.js';
import { isObject } from '../../plan/text/values.js';
import type { Size } from '../../types.js';
import { packColor } from '../config.js';
import type { AnnotatedClass } from './naming.js';
import { passedOver } from './passed-over.js';
import { enclosingRings, polygonOf, type Ring, show } from './polygon.js';
import type { Polygon } from './shapes.js';

/** How deep geometries and features may be nested. A file with more is made to overflow the stack. */
const DEEPEST_GEOMETRY = 64;

/** Takes the entries of a GeoJSON file one by one. */
export interface GeojsonReader {
  /**
   * The polygons of the next entry: a feature, a bare geometry or a collection of features.
   *
   * @throws {SegtileError} `input` naming the malformed feature, counted from 1
   */
  polygons(entry: unknown): Iterable<Polygon>;
  /**
   * The note that says what was skipped, once the whole file is read.
   *
   * @throws {SegtileError} `input` if everything was skipped
   */
  notes(): string[];
}

/**
 * Reads GeoJSON features as QuPath and HuBMAP write them, one by one, with their children. Coordinates are level-0
 * pixels. A MultiPolygon or a collection gives one shape for each of its polygons. Entries that cover no pixel of the
 * slide (points, lines, rings that enclose nothing, features without a geometry, polygons off the slide) are counted
 * and skipped.
 *
 * @param labelOf gives the label of a feature from its name and colour, undefined to skip it; see `labeller`
 */
export function geojsonReader(
  path: string,
  slide: Size,
  labelOf: (said: AnnotatedClass, where: string) => number | undefined,
): GeojsonReader {
  const passed = passedOver(path, slide);
  let count = 0;
  let left = false;

  function* polygonsOf(feature: JsonObject, where: string): Generator<Polygon> {
    const isGeometry = !('geometry' in feature) && feature.type !== 'Feature';
    const areas = [...areasOf(isGeometry ? feature : feature.geometry, where, passed.add, 0)];
    const shapes = areas.flatMap((rings) => passed.onSlide(polygonOf(0, rings), where));
    if (shapes.length === 0) return;
    // Only features with an area need a class.
    const label = labelOf(classOf(feature, where), where);
    left = true;
    if (label !== undefined) for (const shape of shapes) yield { ...shape, label };
  }

  function* read(entry: unknown, where: string, depth: number): Generator<Polygon> {
    if (!isObject(entry)) throw new SegtileError('input', `${where} is ${show(entry)}, not an object`, 'export it again');
    if (depth > DEEPEST_GEOMETRY)
      throw new SegtileError('input', `${where} is nested in ${DEEPEST_GEOMETRY} others`, 'export it again');
    if (Array.isArray(entry.features) && !('geometry' in entry)) {
      for (const [i, feature] of entry.features.entries()) yield* read(feature, `${where}: feature ${i + 1}`, depth + 1);
      return;
    }
    yield* polygonsOf(entry, where);
    for (const [i, child] of childrenOf(entry).entries()) yield* read(child, `${where}: child ${i + 1}`, depth + 1);
  }

  return {
    polygons: (entry) => {
      const kind = isObject(entry) && Array.isArray(entry.features) ? 'collection' : 'feature';
      return read(entry, `${path}: ${kind} ${++count}`, 0);
    },
    notes: () => passed.notes(left),
  };
}

/** The features below a feature in QuPath's hierarchy. */
function childrenOf({ properties, childObjects }: JsonObject): readonly unknown[] {
  const children = (isObject(properties) ? properties.childObjects : undefined) ?? childObjects;
  return Array.isArray(children) ? children : [];
}

type JsonObject = Readonly<Record<string, unknown>>;

/**
 * The class of a feature. `properties.classification` is the name itself, or an object with a `name` and a colour. For
 * a derived class, QuPath 0.4 and later also write `names` (base class first), and up to 0.3 the base class as
 * `parentClass`.
 */
function classOf({ properties }: JsonObject, where: string): AnnotatedClass {
  const classification = isObject(properties) ? properties.classification : undefined;
  if (classification === undefined || classification === null) return { name: undefined, color: undefined };
  if (typeof classification === 'string') return { name: nameOf(classification), color: undefined };
  if (!isObject(classification))
    throw new SegtileError(
      'input',
      `${where} has the classification ${show(classification)}`,
      'expected a name, or an object with a name',
    );
  return { name: nameOf(derivedName(classification, 0)), color: colorOf(classification) };
}

/** The name of a derived class as QuPath shows it: `Stroma: Positive` for `Positive` derived from `Stroma`. */
function derivedName({ name, names, parentClass }: JsonObject, depth: number): unknown {
  if (Array.isArray(names) && (names.length > 1 || name === undefined)) return names.join(': ');
  if (!isObject(parentClass) || depth === DEEPEST_GEOMETRY) return name;
  const parent = derivedName(parentClass, depth + 1);
  return nameOf(parent) === undefined ? name : nameOf(name) === undefined ? parent : `${parent}: ${name}`;
}

function nameOf(name: unknown): string | undefined {
  return typeof name === 'string' && name.trim() !== '' ? name : undefined;
}

/**
 * The colour from `color: [r, g, b]`, or before QuPath 0.3 from `colorRGB`, a signed integer with red, green and blue
 * in its lowest 24 bits.
 */
function colorOf({ color, colorRGB }: JsonObject): number | undefined {
  if (Array.isArray(color) && color.length === 3 && color.every(Number.isInteger)) {
    return packColor(color as unknown as [number, number, number]);
  }
  const packed = typeof color === 'number' ? color : colorRGB;
  return typeof packed === 'number' && Number.isInteger(packed) ? packed & 0xffffff : undefined;
}

/** Geometries that have no area. */
const WITHOUT_AREA: readonly unknown[] = ['Point', 'MultiPoint', 'LineString', 'MultiLineString', 'LinearRing'];

/** The polygons of a geometry, each as its rings. */
function* areasOf(
  geometry: unknown,
  where: string,
  passOver: (what: string) => void,
  depth: number,
): Generator<readonly Ring[]> {
  if (geometry === null || geometry === undefined) return passOver('without a geometry');
  if (!isObject(geometry)) throw new SegtileError('input', `${where} has the geometry ${show(geometry)}`, 'export it again');
  const { type, coordinates, geometries } = geometry;
  if (WITHOUT_AREA.includes(type)) return passOver(`of type ${type}`);
  const parts = type === 'Polygon' ? [coordinates ?? []] : type === 'MultiPolygon' ? (coordinates ?? []) : geometries;
  if (!Array.isArray(parts) || depth > DEEPEST_GEOMETRY || (parts === geometries && type !== 'GeometryCollection')) {
    throw new SegtileError(
      'input',
      `${where} is a ${typeof type === 'string' ? type : show(type)}, which has no area that segtile can read`,
      'use polygons, delete it, or list its class under "skip"',
    );
  }
  if (parts.length === 0) return passOver('without a geometry');
  for (const part of parts as unknown[]) {
    if (type === 'GeometryCollection') {
      yield* areasOf(part, where, passOver, depth + 1);
      continue;
    }
    const rings = enclosingRings(part, where);
    if (rings) yield rings;
    else passOver(Array.isArray(part) && part.length === 0 ? 'without a geometry' : 'with a ring that encloses nothing');
  }
}
