import { append } from '../../plan/text/text-bytes.js';
import type { Size } from '../../types.js';
import type { ObjectMeter } from '../measured.js';
import type { TracedPolygon } from '../regions.js';
import type { TextForm } from './geojson.js';

/**
 * Results as COCO's tools read them (https://cocodataset.org/#format-results), one line for each object. Its pixels
 * are compressed runs over the whole image, the category is its label, and the score is its mean probability, or 1 if
 * there is none.
 *
 * @param image the `image_id`
 * @param size of the mask, in pixels
 */
export function cocoForm(image: string | number, size: Size, { measurements }: Pick<ObjectMeter, 'measurements'>): TextForm {
  const score = measurements.findIndex(({ column }) => column === 'mean_probability');
  const head = `{"image_id":${JSON.stringify(image)},"category_id":`;
  const sizes = `"size":[${size.height},${size.width}]`;
  const runsOf = columnRuns(size);
  return {
    head: '[\n',
    between: ',\n',
    tail: '\n]\n',
    object: ({ class: { label }, polygons, values }, text) => {
      const counts = JSON.stringify(compressed(runsOf(polygons)));
      append(text, `${head}${label},"segmentation":{${sizes},"counts":${counts}},"score":${score < 0 ? 1 : values[score]}}`);
    },
  };
}

/**
 * Returns a function that gives the lengths of the runs of pixels outside and inside of polygons, in turn, down the
 * columns of the image. They cover the whole image.
 */
function columnRuns({ width, height }: Size): (polygons: readonly TracedPolygon[]) => Float64Array {
  let places = new Float64Array(256);
  return (polygons) => {
    let count = 0;
    for (const polygon of polygons) {
      for (const ring of polygon) {
        for (let i = 0, last = ring.length - 2; i < ring.length; last = i, i += 2) {
          const y = ring[i + 1]!;
          if (ring[last + 1] !== y) continue;
          // A column enters or leaves the polygons at each horizontal side that crosses it.
          const end = Math.max(ring[last]!, ring[i]!);
          for (let x = Math.min(ring[last]!, ring[i]!); x < end; x++) {
            if (count === places.length) {
              const more = new Float64Array(2 * count);
              more.set(places);
              places = more;
            }
            places[count++] = x * height + y;
          }
        }
      }
    }
    const sorted = places.subarray(0, count).sort();
    const runs = new Float64Array(count + 1);
    let used = 0;
    let before = 0;
    for (let i = 0; i < count; i++) {
      // The bottom of a column and the top of the next column are the same place, so a run continues across it.
      if (i + 1 < count && sorted[i] === sorted[i + 1]) {
        i++;
        continue;
      }
      runs[used++] = sorted[i]! - before;
      before = sorted[i]!;
    }
    // COCO's runs extend to the last pixel of the image.
    const rest = width * height - before;
    if (rest > 0) runs[used++] = rest;
    return runs.subarray(0, used);
  };
}

/**
 * Encodes runs as COCO's text. From the fourth run on, the difference to the run two places before is written. Each
 * number is written as groups of five bits, one character each, the lowest group first.
 */
function compressed(runs: Float64Array): string {
  let text = '';
  for (let i = 0; i < runs.length; i++) {
    let rest = i > 2 ? runs[i]! - runs[i - 2]! : runs[i]!;
    for (;;) {
      const low = rest - 32 * Math.floor(rest / 32);
      rest = Math.floor(rest / 32);
      const more = (low & 16) !== 0 ? rest !== -1 : rest !== 0;
      text += String.fromCharCode(48 + low + (more ? 32 : 0));
      if (!more) break;
    }
  }
  return text;
}
