import { text as streamText } from 'node:stream/consumers';
import { reason, SegtileError } from '../../errors.js';
import { attribute, numberAttribute, type XmlTag, xmlTags } from '../../plan/text/xml.js';
import type { Size } from '../../types.js';
import type { TruthConfig } from '../config.js';
import { openText } from '../text-file.js';
import type { Truth } from '../truth.js';
import { type AnnotatedClass, labeller } from './naming.js';
import { passedOver } from './passed-over.js';
import { enclosingRings, polygonOf, type Ring } from './polygon.js';
import { shapeTruth } from './shape-truth.js';
import type { Polygon } from './shapes.js';

/** A region of a layer of annotations. */
interface LayerRegion extends AnnotatedClass {
  readonly where: string;
  readonly ring: Ring;
  /** Whether the region is cut out of the region that it lies in. */
  readonly negative: boolean;
}

/**
 * Names that Aperio and Halo give to kinds of regions with an area. The names of the constants say what the vertices
 * are.
 */
const POLYGONS: readonly (string | undefined)[] = ['0', 'Polygon', 'polygon', undefined, ''];
const BOXES: readonly (string | undefined)[] = ['1', 'Rectangle', 'rectangle'];
const ELLIPSES: readonly (string | undefined)[] = ['2', 'Ellipse', 'ellipse'];

/** Number of corners of the polygon that approximates an ellipse. */
const ELLIPSE_CORNERS = 256;

/**
 * Opens annotations of Aperio ImageScope or Halo: XML with layers of regions in level-0 pixels. The class of a region
 * is the name of its layer; if the layer has no name, the text of the region; if there is no text, the class of the
 * layer's colour. Rectangles and ellipses may be given by two corners. A negative region is a hole in the region of its
 * layer that it lies in. Annotations without an area (rulers, arrows, pins) are counted and skipped.
 *
 * @throws {SegtileError} `input` if the file is damaged, or does not fit the slide or the classes
 */
export async function openXmlTruth(path: string, slide: Size, config: TruthConfig): Promise<Truth> {
  const xml = await openText(path)
    .then(streamText)
    .catch((cause: unknown) => {
      throw new SegtileError('input', `${path} cannot be read: ${reason(cause)}`, 'check the permissions of the file', cause);
    });
  const labelOf = labeller(config);
  const passed = passedOver(path, slide);
  const shapes: Polygon[] = [];
  let left = false;
  for (const layer of layersOf(path, xml, passed.add)) {
    for (const { where, rings, ...said } of withHoles(layer, passed.add)) {
      const kept = enclosingRings(rings, where);
      if (kept === undefined) {
        passed.add('with a ring that encloses nothing');
        continue;
      }
      for (const shape of passed.onSlide(polygonOf(0, kept), where)) {
        const label = labelOf(said, where);
        left = true;
        if (label !== undefined) shapes.push({ ...shape, label });
      }
    }
  }
  return shapeTruth({ path, kind: 'XML', slide, config, shapes, notes: passed.notes(left) });
}

function* layersOf(path: string, xml: string, passOver: (what: string) => void): Generator<LayerRegion[]> {
  let layer: LayerRegion[] = [];
  let of: AnnotatedClass = { name: undefined, color: undefined };
  let region: XmlTag | undefined;
  let points: number[][] = [];
  let count = 0;
  let annotations = false;
  for (const tag of xmlTags(xml)) {
    const { name, kind } = tag;
    if (name === 'Annotations') annotations = true;
    if (name === 'Annotation' && kind === 'open') {
      layer = [];
      of = { name: attribute(tag, 'Name') || undefined, color: colorOf(numberAttribute(tag, 'LineColor')) };
    } else if (name === 'Annotation' && kind === 'close') yield layer;
    else if (name === 'Region' && kind === 'open') [region, points] = [tag, []];
    else if ((name === 'Vertex' || name === 'V') && kind !== 'close') {
      points.push([numberAttribute(tag, 'X') ?? Number.NaN, numberAttribute(tag, 'Y') ?? Number.NaN]);
    } else if (name === 'Region' && kind === 'close' && region) {
      const where = `${path}: region ${++count}`;
      const type = attribute(region, 'Type');
      const ring = ringOf(type, points);
      if (ring === undefined) passOver(`of type ${type}`);
      else {
        const own = of.name ?? (attribute(region, 'Text') || undefined);
        layer.push({ where, ring, name: own, color: of.color, negative: attribute(region, 'NegativeROA') === '1' });
      }
      region = undefined;
    }
  }
  if (!annotations)
    throw new SegtileError(
      'input',
      `${path} is XML, but no annotations of ImageScope or Halo`,
      'export them again, or as GeoJSON',
    );
}

/** Aperio and Halo store colours as one number with blue in the highest byte, then green, and red in the lowest. */
function colorOf(packed: number | undefined): number | undefined {
  if (packed === undefined || !Number.isInteger(packed)) return undefined;
  return ((packed & 255) << 16) | (packed & 0xff00) | ((packed >> 16) & 255);
}

/** The ring of a region; undefined if its kind has no area. */
function ringOf(type: string | undefined, points: readonly number[][]): Ring | undefined {
  if (POLYGONS.includes(type) || (BOXES.includes(type) && points.length > 2)) return points;
  if (!BOXES.includes(type) && !ELLIPSES.includes(type)) return undefined;
  const [xs, ys] = [points.map(([x]) => x!), points.map(([, y]) => y!)];
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  if (BOXES.includes(type)) {
    return [
      [left, top],
      [right, top],
      [right, bottom],
      [left, bottom],
    ];
  }
  return Array.from({ length: ELLIPSE_CORNERS }, (_, i) => {
    const angle = (2 * Math.PI * i) / ELLIPSE_CORNERS;
    return [
      (left + right) / 2 + ((right - left) / 2) * Math.cos(angle),
      (top + bottom) / 2 + ((bottom - top) / 2) * Math.sin(angle),
    ];
  });
}

/** The regions of a layer, each with the rings of its holes. */
function withHoles(
  layer: readonly LayerRegion[],
  passOver: (what: string) => void,
): (Omit<LayerRegion, 'ring'> & { rings: Ring[] })[] {
  const wholes = layer.filter(({ negative }) => !negative).map(({ ring, ...others }) => ({ ...others, rings: [ring] }));
  for (const { ring } of layer.filter(({ negative }) => negative)) {
    // If several regions contain it, the smallest one gets the hole, because one region may lie in the hole of another.
    const around = wholes.filter(({ rings }) => ring.every((point) => holds(rings[0]!, point)));
    const [first, ...others] = around;
    if (first === undefined) passOver('that are negative, and lie in no other');
    else others.reduce((a, b) => (extentOf(b.rings[0]!) < extentOf(a.rings[0]!) ? b : a), first).rings.push(ring);
  }
  return wholes;
}

function extentOf(ring: Ring): number {
  const [xs, ys] = [ring.map(([x]) => x!), ring.map(([, y]) => y!)];
  return (Math.max(...xs) - Math.min(...xs)) * (Math.max(...ys) - Math.min(...ys));
}

/** Whether a point lies in a ring or on its edge. */
function holds(ring: Ring, [x, y]: readonly number[]): boolean {
  let inside = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i, i++) {
    const [[ax, ay], [bx, by]] = [ring[i]! as [number, number], ring[j]! as [number, number]];
    const turn = (bx - ax) * (y! - ay) - (by - ay) * (x! - ax);
    const within = Math.min(ax, bx) <= x! && x! <= Math.max(ax, bx) && Math.min(ay, by) <= y! && y! <= Math.max(ay, by);
    if (turn === 0 && within) return true;
    if (ay > y! !== by > y! && x! < ((bx - ax) * (y! - ay)) / (by - ay) + ax) inside = !inside;
  }
  return inside;
}
