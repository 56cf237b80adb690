import type { Extent, LabelShape } from './shapes.js';

/** The height of a bucket in level-0 rows; each bucket lists the shapes that reach it. */
const BUCKET = 256;

/**
 * Finds shapes by the rows that they reach. A slide may have a million shapes, but a band of rows meets only a few.
 *
 * @param height of the slide, in level-0 pixels
 * @returns a function that gives the indices of the shapes that may reach the level-0 rows from `top` to `bottom`, in
 *   rising order, so that they are painted in that order
 */
export function shapeIndex(shapes: readonly LabelShape[], height: number): (top: number, bottom: number) => Uint32Array {
  const buckets = Math.ceil(height / BUCKET);
  const bucketOf = (y: number) => Math.min(Math.max(Math.floor(y / BUCKET), 0), buckets - 1);
  // The indices of bucket b are at starts[b] up to but not including starts[b + 1].
  const starts = new Float64Array(buckets + 1);
  const each = (visit: (bucket: number, place: number) => void): void => {
    for (let place = 0; place < shapes.length; place++) {
      const { top, bottom }: Extent = shapes[place]!.extent;
      const last = bucketOf(bottom);
      for (let bucket = bucketOf(top); bucket <= last; bucket++) visit(bucket, place);
    }
  };
  each((bucket) => {
    starts[bucket + 1]!++;
  });
  for (let bucket = 0; bucket < buckets; bucket++) starts[bucket + 1]! += starts[bucket]!;
  const places = new Uint32Array(starts[buckets]!);
  const next = starts.slice();
  each((bucket, place) => {
    places[next[bucket]!++] = place;
  });

  return (top, bottom) => {
    const first = bucketOf(top);
    const last = bucketOf(bottom);
    const found = places.subarray(starts[first]!, starts[last + 1]!);
    if (first === last) return found;
    return found
      .slice()
      .sort()
      .filter((place, i, sorted) => i === 0 || place !== sorted[i - 1]);
  };
}
