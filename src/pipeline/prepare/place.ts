import type { Georeference } from '../../slide/formats/georeference.js';
import { type GeoTags, scaleGeo } from '../../tiff/geo.js';
import type { SpanningSize } from '../../types.js';

/** Where an image of all of a slide lies on the earth, in its own pixels; undefined where the slide does not say where it lies. */
export function geoFor(
  { georeference, ...whole }: SpanningSize & { readonly georeference?: Georeference | undefined },
  image: SpanningSize,
): GeoTags | undefined {
  const [from, to] = [whole.spans ?? whole, image.spans ?? image];
  return georeference && scaleGeo(georeference.tags, from.width / to.width, from.height / to.height);
}
