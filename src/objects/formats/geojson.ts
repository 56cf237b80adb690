import type { MaskClass } from '../../types.js';
import type { OutlineRing } from '../corners.js';
import { atLevelZero, type MeasuredObject, type ObjectForm, type ObjectMeter } from '../measured.js';
import type { TracedPolygon } from '../trace.js';

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
  object(object: MeasuredObject): string;
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
  const names = measurements.map(({ name }) => JSON.stringify(name));
  const properties = new Map(classes.map((each) => [each.label, propertiesOf(each, objectType)]));

  const ringText = (ring: OutlineRing): string => {
    let text = '[';
    for (let i = 0; i < ring.length; i += 2)
      text += `[${atLevelZero(ring[i]!, scale.x)},${atLevelZero(ring[i + 1]!, scale.y)}],`;
    return `${text}[${atLevelZero(ring[0]!, scale.x)},${atLevelZero(ring[1]!, scale.y)}]]`;
  };
  const polygonText = (polygon: TracedPolygon): string => {
    let text = `[${ringText(polygon[0])}`;
    for (let i = 1; i < polygon.length; i++) text += `,${ringText(polygon[i]!)}`;
    return `${text}]`;
  };
  const geometryText = (polygons: readonly TracedPolygon[]): string =>
    polygons.length === 1
      ? `{"type":"Polygon","coordinates":${polygonText(polygons[0]!)}}`
      : `{"type":"MultiPolygon","coordinates":[${polygons.map(polygonText).join(',')}]}`;

  return {
    head: '{"type":"FeatureCollection","features":[\n',
    between: ',\n',
    tail: '\n]}\n',
    object({ id, class: { label }, polygons, values }) {
      const measured = names.map((name, i) => `${name}:${values[i]}`).join(',');
      return `{"type":"Feature","id":"${id}","geometry":${geometryText(polygons)},${properties.get(label)}${measured}}}}`;
    },
  };
}

function propertiesOf({ name, color }: MaskClass, objectType: ObjectType): string {
  const classification = JSON.stringify({ name, color });
  return `"properties":{"objectType":"${objectType}","classification":${classification},"measurements":{`;
}
