import { makeRoom, type TextBytes } from '../../plan/text/text-bytes.js';
import type { OutlineRing } from '../corners.js';
import { atLevelZero, type ObjectForm } from '../measured.js';
import type { TracedPolygon } from '../regions.js';

/** Bytes of the head of a geometry (byte order and type) and of a count, and the types of geometries. */
const HEAD = 5;
const COUNT = 4;
const POLYGON = 3;
const MULTI_POLYGON = 6;

/**
 * Returns a function that appends the outlines of an object as well-known binary (ISO 13249-3), little-endian, in
 * level-0 pixels: a Polygon, or a MultiPolygon if there are several.
 */
export function wellKnownBinary(scale: ObjectForm['scale']): (polygons: readonly TracedPolygon[], text: TextBytes) => void {
  let view: DataView = new DataView(new ArrayBuffer(0));
  let at = 0;

  function head(kind: number, count: number): void {
    view.setUint8(at, 1);
    view.setUint32(at + 1, kind, true);
    view.setUint32(at + HEAD, count, true);
    at += HEAD + COUNT;
  }

  function corner(ring: OutlineRing, i: number): void {
    view.setFloat64(at, atLevelZero(ring[i]!, scale.x), true);
    view.setFloat64(at + 8, atLevelZero(ring[i + 1]!, scale.y), true);
    at += 16;
  }

  return (polygons, text) => {
    const several = polygons.length !== 1;
    makeRoom(
      text,
      polygons.reduce((sum, polygon) => sum + polygonLength(polygon), HEAD + COUNT),
    );
    const { buffer, byteOffset, byteLength } = text.bytes;
    if (view.buffer !== buffer) view = new DataView(buffer, byteOffset, byteLength);
    at = text.length;
    if (several) head(MULTI_POLYGON, polygons.length);
    for (const polygon of polygons) {
      head(POLYGON, polygon.length);
      for (const ring of polygon) {
        view.setUint32(at, ring.length / 2 + 1, true);
        at += COUNT;
        for (let i = 0; i < ring.length; i += 2) corner(ring, i);
        corner(ring, 0);
      }
    }
    text.length = at;
  };
}

function polygonLength(polygon: TracedPolygon): number {
  return polygon.reduce((sum, ring) => sum + COUNT + 16 * (ring.length / 2 + 1), HEAD + COUNT);
}

/**
 * The metadata of GeoParquet 1.1 for a column `geometry` of such outlines, with a column `bbox` beside it: the pixels
 * of an image are not places on the earth, so there is no coordinate reference system.
 *
 * @param bbox around all objects, in level-0 pixels; undefined if there is no object
 */
export function geoMetadata(bbox: readonly number[] | undefined): string {
  return JSON.stringify({
    version: '1.1.0',
    primary_column: 'geometry',
    columns: {
      geometry: {
        encoding: 'WKB',
        geometry_types: ['Polygon', 'MultiPolygon'],
        crs: null,
        ...(bbox && { bbox }),
        covering: {
          bbox: {
            xmin: ['bbox', 'xmin'],
            ymin: ['bbox', 'ymin'],
            xmax: ['bbox', 'xmax'],
            ymax: ['bbox', 'ymax'],
          },
        },
      },
    },
  });
}
