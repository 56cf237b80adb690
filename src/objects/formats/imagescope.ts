import type { MaskClass } from '../../types.js';
import type { OutlineRing } from '../corners.js';
import { atLevelZero, type MeasuredObject, type ObjectForm } from '../measured.js';

/** Annotations of Aperio ImageScope: one layer for each class, with the objects of the class as regions. */
export interface LayeredForm {
  readonly head: string;
  readonly tail: string;
  readonly layers: readonly { readonly label: number; readonly head: string; readonly tail: string }[];
  object(object: MeasuredObject): string;
}

/**
 * Annotations as Aperio ImageScope reads them, in level-0 pixels: one region for the outline of each part of an
 * object, and a negative region for each hole. The text of a region is the number of its object.
 */
export function imagescopeForm({ classes, scale, mpp }: Pick<ObjectForm, 'classes' | 'scale' | 'mpp'>): LayeredForm {
  let id = 0;
  const region = (ring: OutlineRing, negative: 0 | 1, number: number): string => {
    let text = `<Region Id="${++id}" Type="0" Zoom="1" Selected="0" Text="${number}" NegativeROA="${negative}" Analyze="1"><Vertices>`;
    for (let i = 0; i < ring.length; i += 2)
      text += `<Vertex X="${atLevelZero(ring[i]!, scale.x)}" Y="${atLevelZero(ring[i + 1]!, scale.y)}" Z="0"/>`;
    return `${text}</Vertices></Region>\n`;
  };
  return {
    head: `<?xml version="1.0" encoding="UTF-8"?>\n<Annotations${mpp ? ` MicronsPerPixel="${mpp.x}"` : ''}>\n`,
    tail: '</Annotations>\n',
    layers: classes.map((each, i) => ({ label: each.label, head: layerHead(each, i + 1), tail: '</Regions></Annotation>\n' })),
    object: ({ number, outlines }) =>
      outlines
        .map(([outer, ...holes]) => region(outer, 0, number) + holes.map((hole) => region(hole, 1, number)).join(''))
        .join(''),
  };
}

function layerHead({ name, color: [red, green, blue] }: MaskClass, id: number): string {
  const packed = red + 256 * green + 65_536 * blue;
  return `<Annotation Id="${id}" Name="${escaped(name)}" ReadOnly="0" Type="4" LineColor="${packed}" Visible="1" Selected="0"><Regions>\n`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
