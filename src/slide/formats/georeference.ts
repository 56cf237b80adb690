import { reason } from '../../errors.js';
import { type GeoTags, geoEntries, pixelOrigin } from '../../tiff/geo.js';
import { directories, type Entry, header, Tag } from '../../tiff/write/directory.js';
import type { Size } from '../../types.js';

/** Where a slide lies on the earth, or in another model space. */
export interface Georeference {
  /**
   * The coordinate reference system, such as `EPSG:32633 (WGS 84 / UTM zone 33N)`; undefined if the file does not name
   * it.
   */
  readonly crs: string | undefined;
  /** The upper left corner of level 0, x and y in units of the CRS; undefined if the file gives control points only. */
  readonly origin: readonly [x: number, y: number] | undefined;
  /** Units of the CRS per level-0 pixel, to the right and downwards; y is negative if north is up. */
  readonly pixelSize: readonly [x: number, y: number] | undefined;
  /** Number of control points (points with known coordinates), if there is more than one. */
  readonly controlPoints: number;
  /** The tags themselves, for output files that cover the same area. */
  readonly tags: GeoTags;
}

/**
 * Reads the GeoTIFF tags of a slide. geotiff.js parses them; it gets them in a small TIFF that is made in memory.
 *
 * @param size level 0, in pixels
 * @returns the georeference, or a note for people if the tags make no sense
 */
export async function readGeoreference(tags: GeoTags, size: Size): Promise<Georeference | { readonly note: string }> {
  try {
    const image = await geoImage(cornered(tags), size);
    const placed = tags.transformation !== undefined || tags.pixelScale !== undefined;
    const [x, y] = placed ? image.getOrigin() : [];
    const [across, down] = placed ? image.getResolution() : [];
    const points = (tags.tiePoints?.length ?? 0) / 6;
    return {
      crs: crsName((image.getGeoKeys() ?? {}) as GeoKeys),
      origin: x === undefined ? undefined : [x, y!],
      pixelSize: across === undefined ? undefined : [across, down!],
      controlPoints: points > 1 && tags.pixelScale === undefined ? points : 0,
      tags,
    };
  } catch (thrown) {
    return { note: `its georeference makes no sense (${reason(thrown)}) and is ignored` };
  }
}

async function geoImage(tags: GeoTags, { width, height }: Size) {
  const side = (tag: number, value: number): Entry => ({ tag, type: 'long', values: [value] });
  const entries = [side(Tag.ImageWidth, width), side(Tag.ImageLength, height), ...geoEntries(tags)];
  const start = header(0).length;
  const file = Buffer.concat([header(start), directories([[entries]], 'chained', start)]);
  // Loaded only when needed, because few slides have a georeference.
  const { fromArrayBuffer } = await import('geotiff');
  const tiff = await fromArrayBuffer(Uint8Array.from(file).buffer);
  return tiff.getImage();
}

/**
 * The tie point moved to the upper left corner of the image. geotiff.js ignores which pixel the point belongs to, and
 * where in the pixel it lies.
 */
function cornered(tags: GeoTags): GeoTags {
  const { pixelScale, tiePoints, transformation } = tags;
  const at = pixelOrigin(tags);
  if (pixelScale !== undefined && tiePoints !== undefined) {
    const [column, row, , x, y, z] = tiePoints as [number, number, number, number, number, number];
    const corner = [0, 0, 0, x - (column + at) * pixelScale[0]!, y + (row + at) * pixelScale[1]!, z];
    const { transformation: _, ...others } = tags;
    return { ...others, tiePoints: corner };
  }
  if (transformation === undefined) return tags;
  const matrix = transformation.map((value, i) =>
    i % 4 === 3 && i < 8 ? value - at * (transformation[i - 3]! + transformation[i - 2]!) : value,
  );
  const { tiePoints: _, ...others } = tags;
  return { ...others, transformation: matrix };
}

/** The GeoTIFF keys that are read, by their names in the standard. */
interface GeoKeys {
  readonly ProjectedCSTypeGeoKey?: number;
  readonly GeographicTypeGeoKey?: number;
  readonly PCSCitationGeoKey?: string;
  readonly GeogCitationGeoKey?: string;
  readonly GTCitationGeoKey?: string;
}

/** Codes that name no CRS: undefined, and defined by the user. */
const NO_CODE: readonly (number | undefined)[] = [undefined, 0, 32767];

function crsName(keys: GeoKeys): string | undefined {
  const { ProjectedCSTypeGeoKey: projected, GeographicTypeGeoKey: geographic } = keys;
  const code = projected ?? geographic;
  const texts = projected === undefined ? [keys.GeogCitationGeoKey] : [keys.PCSCitationGeoKey];
  const words = [keys.GTCitationGeoKey, ...texts].map((value) => value?.replace(/\|+$/, '').trim()).find(Boolean);
  if (NO_CODE.includes(code)) return words;
  return words === undefined ? `EPSG:${code}` : `EPSG:${code} (${words})`;
}
