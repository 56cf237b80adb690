import type { Georeference } from '../../slide/formats/georeference.js';
import { type GeoTags, scaleGeo } from '../../tiff/geo.js';
import type { SpanningSize } from '../../types.js';

/** The georeference of an image that covers the whole slide, in the pixels of that image; undefined if the slide has none. */
export function geoFor(
  { georeference, ...whole }: SpanningSize & { readonly georeference?: Georeference | undefined },
  image: SpanningSize,
): GeoTags | undefined {
  const [from, to] = [whole.spans ?? whole, image.spans ?? image];
  return georeference && scaleGeo(georeference.tags, from.width / to.width, from.height / to.height);
}
