import type { Georeference } from '../slide/georeference.js';
import { type GeoTags, scaleGeo } from '../tiff/geo.js';
import type { Size } from '../types.js';

/** Where an image of all of a slide lies on the earth, in its own pixels; undefined where the slide does not say where it lies. */
export function geoFor(
  { width, height, georeference }: Size & { readonly georeference?: Georeference | undefined },
  image: Size,
): GeoTags | undefined {
  return georeference && scaleGeo(georeference.tags, width / image.width, height / image.height);
}
