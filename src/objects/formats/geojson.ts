import { LONGEST_NUMBER, makeRoom, putAscii, putBytes, putDecimal, type TextBytes } from '../../plan/text/text-bytes.js';
import type { MaskClass } from '../../types.js';
import type { OutlineRing } from '../corners.js';
import { DECIMALS, type MeasuredObject, type ObjectForm, type ObjectMeter, putLevelZero } from '../measured.js';
import type { TracedPolygon } from '../regions.js';

/**
 * The type of objects in QuPath: annotations can be edited one by one; detections need less memory and suit many
 * objects.
 */
export type ObjectType = 'annotation' | 'detection';

/** The pieces of a text file of objects: `head`, the objects with `between` between them, and `tail`. */
export interface TextForm {
  readonly head: string;
  /** The text between two objects. */
  readonly between: string;
  readonly tail: string;
  /** Appends the text of an object. */
  object(object: MeasuredObject, text: TextBytes): void;
}

/**
 * GeoJSON as QuPath 0.4 to 0.6 reads and writes it: a collection with one feature on each line, in level-0 pixels.
 * Each classification has a colour, because QuPath does not read it without one.
 */
export function geojsonForm(
  { classes, scale }: Pick<ObjectForm, 'classes' | 'scale'>,
  { measurements }: Pick<ObjectMeter, 'measurements'>,
  objectType: ObjectType,
): TextForm {
  const encoder = new TextEncoder();
  const names = measurements.map(({ name }, i) => encoder.encode(`${i === 0 ? '' : ','}${JSON.stringify(name)}:`));
  const properties = new Map(classes.map((each) => [each.label, encoder.encode(propertiesOf(each, objectType))]));
  const fixed = names.reduce((sum, { length }) => sum + length + LONGEST_NUMBER, 256);

  function putRing(bytes: Uint8Array, at: number, ring: OutlineRing): number {
    bytes[at++] = OPEN;
    for (let i = 0; i < ring.length; i += 2) {
      at = putCorner(bytes, at, ring, i);
      bytes[at++] = COMMA;
    }
    at = putCorner(bytes, at, ring, 0);
    bytes[at++] = CLOSE;
    return at;
  }

  function putCorner(bytes: Uint8Array, at: number, ring: OutlineRing, i: number): number {
    bytes[at++] = OPEN;
    at = putLevelZero(bytes, at, ring[i]!, scale.x);
    bytes[at++] = COMMA;
    at = putLevelZero(bytes, at, ring[i + 1]!, scale.y);
    bytes[at++] = CLOSE;
    return at;
  }

  function putPolygon(bytes: Uint8Array, at: number, polygon: TracedPolygon): number {
    bytes[at++] = OPEN;
    for (let i = 0; i < polygon.length; i++) {
      if (i > 0) bytes[at++] = COMMA;
      at = putRing(bytes, at, polygon[i]!);
    }
    bytes[at++] = CLOSE;
    return at;
  }

  function putGeometry(bytes: Uint8Array, at: number, polygons: readonly TracedPolygon[]): number {
    if (polygons.length === 1) {
      at = putPolygon(bytes, putBytes(bytes, at, POLYGON), polygons[0]!);
    } else {
      at = putBytes(bytes, at, MULTI_POLYGON);
      for (let i = 0; i < polygons.length; i++) {
        if (i > 0) bytes[at++] = COMMA;
        at = putPolygon(bytes, at, polygons[i]!);
      }
      bytes[at++] = CLOSE;
    }
    bytes[at++] = END;
    return at;
  }

  return {
    head: '{"type":"FeatureCollection","features":[\n',
    between: ',\n',
    tail: '\n]}\n',
    object({ id, class: { label }, outlines, values }, text) {
      const own = properties.get(label)!;
      makeRoom(text, fixed + own.length + mostOf(outlines));
      const { bytes } = text;
      let at = putAscii(bytes, putBytes(bytes, text.length, FEATURE), id);
      at = putGeometry(bytes, putBytes(bytes, at, GEOMETRY), outlines);
      at = putBytes(bytes, at, own);
      for (let i = 0; i < names.length; i++) {
        at = putDecimal(bytes, putBytes(bytes, at, names[i]!), values[i]!, DECIMALS);
      }
      text.length = putBytes(bytes, at, TAIL);
    },
  };
}

/** The most bytes that outlines take. */
function mostOf(polygons: readonly TracedPolygon[]): number {
  let numbers = 0;
  for (const polygon of polygons) for (const ring of polygon) numbers += ring.length + 6;
  // Each number has a bracket and a comma.
  return numbers * (LONGEST_NUMBER + 2);
}

const [OPEN, CLOSE, COMMA, END] = [91, 93, 44, 125];
const [FEATURE, GEOMETRY, POLYGON, MULTI_POLYGON, TAIL] = [
  '{"type":"Feature","id":"',
  '","geometry":',
  '{"type":"Polygon","coordinates":',
  '{"type":"MultiPolygon","coordinates":[',
  '}}}',
].map((text) => new TextEncoder().encode(text)) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array];

function propertiesOf({ name, color }: MaskClass, objectType: ObjectType): string {
  const classification = JSON.stringify({ name, color });
  return `,"properties":{"objectType":"${objectType}","classification":${classification},"measurements":{`;
}
