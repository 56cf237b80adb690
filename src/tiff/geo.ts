import type { TagName, Tags } from './tag-names.js';
import { asciiValues, type Entry } from './write/directory.js';

/**
 * Where an image lies on the earth: tags of GeoTIFF (OGC 19-008r4) and GDAL, as plain data. Pixels are those of the
 * image with these tags.
 */
export interface GeoTags {
  /** ModelPixelScale: units of the model per pixel in x, y and z. */
  readonly pixelScale?: readonly number[];
  /** ModelTiepoint: pixel (x, y, z), then its place in the model (x, y, z), for each point. */
  readonly tiePoints?: readonly number[];
  /** ModelTransformation: from pixels to the model, 4 × 4, row by row. */
  readonly transformation?: readonly number[];
  /** GeoKeyDirectory: four numbers of a header, then four for each key. It says what the model's coordinates are. */
  readonly keys?: readonly number[];
  /** GeoDoubleParams, which keys point into. */
  readonly doubles?: readonly number[];
  /** GeoAsciiParams, which keys point into, as bytes. */
  readonly texts?: Uint8Array;
  /** GDAL_NODATA: the value of pixels that hold nothing. */
  readonly noData?: number;
}

/**
 * Reads the georeference of a directory from its tags. `geo` is undefined if the tags say neither where the image lies
 * nor what its coordinates are. Lists that make no sense are left out; `leftOut` says so in sentences for people.
 */
export function geoTags(
  tags: Tags,
  noData: number | undefined,
): { readonly geo: GeoTags | undefined; readonly leftOut: readonly string[] } {
  const leftOut: string[] = [];
  const list = (name: TagName, expected: string, fits: (length: number) => boolean): number[] | undefined => {
    const values = tags[name];
    if (values === undefined) return undefined;
    const numbers = typeof values === 'string' ? [] : Array.from(values);
    if (numbers.every(Number.isFinite) && fits(numbers.length)) return numbers;
    const got =
      typeof values === 'string'
        ? 'a text'
        : `${numbers.length} ${numbers.length === 1 ? 'number' : 'numbers'}${fits(numbers.length) ? ' that are not all finite' : ''}`;
    leftOut.push(`${name} holds ${got}, not ${expected}: it is left out`);
    return undefined;
  };
  const pixelScale = list('ModelPixelScale', '3 numbers', (length) => length === 3);
  const tiePoints = list('ModelTiepoint', '6 numbers a point', (length) => length > 0 && length % 6 === 0);
  const transformation = list('ModelTransformation', '16 numbers', (length) => length === 16);
  const keys = list('GeoKeyDirectory', '4 numbers or more', (length) => length >= 4);
  const doubles = list('GeoDoubleParams', '1 number or more', (length) => length > 0);
  const texts = tags.GeoAsciiParams instanceof Uint8Array ? tags.GeoAsciiParams : undefined;
  if (tiePoints === undefined && transformation === undefined && keys === undefined) return { geo: undefined, leftOut };
  const geo = {
    ...(pixelScale && { pixelScale }),
    ...(tiePoints && { tiePoints }),
    ...(transformation && { transformation }),
    ...(keys && { keys }),
    ...(doubles && { doubles }),
    ...(texts && { texts }),
    ...(noData !== undefined && { noData }),
  };
  return { geo, leftOut };
}

const RASTER_TYPE = 1025;
const PIXEL_IS_POINT = 2;

/**
 * Where in a pixel its integer coordinates lie: 0, at its upper left corner, or 0.5, at its centre, if the keys say
 * that pixels are points.
 */
export function pixelOrigin({ keys = [] }: GeoTags): 0 | 0.5 {
  for (let at = 4; at + 3 < keys.length; at += 4) {
    if (keys[at] === RASTER_TYPE && keys[at + 1] === 0) return keys[at + 3] === PIXEL_IS_POINT ? 0.5 : 0;
  }
  return 0;
}

/**
 * The georeference of the same place for an image with pixels of another size.
 *
 * @param x old pixels per new pixel, across
 * @param y old pixels per new pixel, down
 */
export function scaleGeo(geo: GeoTags, x: number, y: number): GeoTags {
  if (x === 1 && y === 1) return geo;
  const { pixelScale, tiePoints, transformation } = geo;
  const at = pixelOrigin(geo);
  const scaled = (old: number, factor: number) => snapped((old + at) / factor - at);
  return {
    ...geo,
    ...(pixelScale && { pixelScale: [tidy(pixelScale[0]! * x), tidy(pixelScale[1]! * y), pixelScale[2]!] }),
    ...(tiePoints && {
      tiePoints: tiePoints.map((value, i) => (i % 6 === 0 ? scaled(value, x) : i % 6 === 1 ? scaled(value, y) : value)),
    }),
    ...(transformation && { transformation: scaleMatrix(transformation, x, y, at) }),
  };
}

/** Old pixel = new pixel * factor + (factor - 1) * at. */
function scaleMatrix(matrix: readonly number[], x: number, y: number, at: number): number[] {
  return [0, 4, 8, 12].flatMap((row) => {
    const [ofX, ofY, ofZ, constant] = matrix.slice(row, row + 4) as [number, number, number, number];
    return [tidy(ofX * x), tidy(ofY * y), ofZ, tidy(constant + ofX * (x - 1) * at + ofY * (y - 1) * at)];
  });
}

/**
 * Rounds to a corner or the centre of a pixel if that is less than a billionth of a pixel away, an error that scaling
 * adds.
 */
function snapped(pixel: number): number {
  // Never -0.
  const half = Math.round(2 * pixel) / 2 || 0;
  return Math.abs(pixel - half) < 1e-9 ? half : pixel;
}

/** Rounds to 15 digits, because scaling changes the last ones: 0.1 that is scaled and scaled back is 0.1 again. */
function tidy(value: number): number {
  return Number(value.toPrecision(15));
}

/** The directory entries that store a georeference. */
export function geoEntries({ pixelScale, tiePoints, transformation, keys, doubles, texts, noData }: GeoTags): Entry[] {
  const reals = (tag: number, values: readonly number[] | undefined): Entry[] =>
    values === undefined ? [] : [{ tag, type: 'double', values }];
  return [
    ...reals(33550, pixelScale),
    ...reals(33922, tiePoints),
    ...reals(34264, transformation),
    ...(keys === undefined ? [] : [{ tag: 34735, type: 'short', values: keys } as const]),
    ...reals(34736, doubles),
    ...(texts === undefined ? [] : [{ tag: 34737, type: 'ascii', values: texts } as const]),
    ...(noData === undefined
      ? []
      : [{ tag: 42113, type: 'ascii', values: asciiValues(String(noData).toLowerCase()) } as const]),
  ];
}
