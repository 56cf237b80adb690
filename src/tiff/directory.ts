import { type GeoTags, geoTags } from './geo.js';
import { uncompressedCounts } from './samples/uncompressed.js';
import type { TagName, Tags, TagValue } from './tag-names.js';

/** Pixels per unit, as the tags XResolution, YResolution and ResolutionUnit give them. */
export interface Resolution {
  readonly x: number;
  readonly y: number;
  readonly unit: 'none' | 'inch' | 'cm';
}

/**
 * One image of a TIFF file as plain data. A block is a tile or a strip; strips are blocks as wide as the image. Blocks are
 * numbered row by row; where the planes are separate, plane after plane.
 */
export interface Directory {
  /** Byte order of samples that have more than 8 bits. */
  readonly littleEndian: boolean;
  /** Place in the file, counted from 0 along the chain; for a sub-directory, its place among its siblings. */
  readonly index: number;
  /** Index of the directory that this one is a sub-directory of. */
  readonly parent: number | undefined;
  readonly width: number;
  readonly height: number;
  readonly samples: number;
  /** Bits of each sample. */
  readonly bits: readonly number[];
  /** 1 unsigned integer, 2 signed integer, 3 floating point (TIFF 6.0, tag SampleFormat). */
  readonly sampleFormat: number;
  readonly compression: number;
  readonly predictor: number;
  readonly photometric: number;
  /** Whether each sample of a pixel lies in a plane of its own. */
  readonly planar: boolean;
  /** 1 where the first pixel of a byte is in its high bits, 2 where bits are reversed. */
  readonly fillOrder: number;
  /** Tag ExtraSamples: the meaning of the samples beyond the colour. */
  readonly extraSamples: readonly number[];
  readonly layout: 'tiles' | 'strips';
  /**
   * Size of a block in pixels. The last block of a row, and the last row of blocks, may reach over the edge of the
   * image (tiles) or be cut (strips).
   */
  readonly blockWidth: number;
  readonly blockHeight: number;
  /** First byte of each block in the file. */
  readonly offsets: ArrayLike<number>;
  /** Compressed bytes of each block. */
  readonly byteCounts: ArrayLike<number>;
  readonly jpegTables: Uint8Array | undefined;
  /** Tag ColorMap: all reds, then all greens, then all blues, 16 bits each. */
  readonly colorMap: ArrayLike<number> | undefined;
  /**
   * Values for the first sample from the tags SMinSampleValue and SMaxSampleValue, or MinSampleValue and
   * MaxSampleValue.
   */
  readonly sampleRange: { readonly least: number | undefined; readonly most: number | undefined };
  /** Weights of red, green and blue in luma (tag YCbCrCoefficients), where present. */
  readonly lumaWeights: readonly [number, number, number] | undefined;
  /** Code of black and of white for each of Y, Cb and Cr (tag ReferenceBlackWhite), where present. */
  readonly blackWhite: readonly number[] | undefined;
  /** Value of all pixels of blocks that are not in the file (tag GDAL_NODATA; gdal.org/drivers/raster/gtiff.html). */
  readonly noData: number | undefined;
  /** Luma samples per chroma sample across and down, where the tag YCbCrSubSampling is present. */
  readonly subsampling: readonly [number, number] | undefined;
  /** Tag NewSubfileType: bit 0 a reduced image, bit 1 a page, bit 2 a mask. */
  readonly subfileType: number;
  /** Tag ImageDescription, or ''. */
  readonly description: string;
  readonly resolution: Resolution | undefined;
  /** First bytes of the sub-directories (tag SubIFDs). */
  readonly subDirectories: readonly number[];
  /** Tag Orientation, where present. */
  readonly orientation?: number;
  /** Tag Software. */
  readonly software?: string;
  /** XML of the tag XMP. */
  readonly xmp?: string;
  /** Tags of a Hamamatsu scanner, where present. */
  readonly hamamatsu?: Hamamatsu;
  /** Where the image lies on the earth. */
  readonly geo?: GeoTags;
  /** Sentences for people about what is damaged or strange, but not needed. */
  readonly oddities?: readonly string[];
  /**
   * Set if the directory says that compressed blocks reach beyond the end of the file: the one of them that starts
   * last, and the byte count that the directory gives for it.
   */
  readonly cutBlock?: { readonly block: number; readonly bytes: number };
}

/** Tags of NDPI files (openslide.org/formats/hamamatsu). */
export interface Hamamatsu {
  /** Magnification of the lens; -1 for the macro image, -2 for a map of what was scanned. */
  readonly lens: number;
  /** Distance from the plane that is in focus, in nanometres. */
  readonly focus: number;
  /** Above 6 if pixels are 16-bit grey, whatever the standard tags say. */
  readonly captureMode: number;
  /**
   * First byte of each restart interval of the one JPEG stream, from the start of the stream. The first interval starts
   * where the header ends.
   */
  readonly mcuStarts: ArrayLike<number> | undefined;
}

/** The tag SamplesPerPixel has 16 bits. */
const MOST_SAMPLES = 65_535;

/**
 * Turns the tags of a directory into plain data. Defaults are those of TIFF 6.0.
 *
 * @param index place in the file, see {@link Directory.index}
 * @param parent index of the directory that this one is a sub-directory of
 * @throws {Error} with a message about the tag that is missing or makes no sense
 */
export function parseDirectory(tags: Tags, index: number, littleEndian: boolean, parent?: number): Directory {
  const width = count(tags, 'ImageWidth');
  const height = count(tags, 'ImageLength');
  const samples = count(tags, 'SamplesPerPixel', 1);
  if (samples > MOST_SAMPLES) throw new Error(`SamplesPerPixel is ${samples}`);
  const tiled = tags.TileOffsets !== undefined || tags.TileWidth !== undefined;
  const strange = tiled && tags.TileOffsets === undefined;
  const places = tiled && !strange ? 'TileOffsets' : 'StripOffsets';
  const counts = tiled && (!strange || tags.TileByteCounts !== undefined) ? 'TileByteCounts' : 'StripByteCounts';
  const blockWidth = tiled ? count(tags, 'TileWidth') : width;
  const blockHeight = tiled ? count(tags, 'TileLength') : Math.min(count(tags, 'RowsPerStrip', height), height);
  const planar = number(tags, 'PlanarConfiguration', 1) === 2 && samples > 1;
  const offsets = numbers(tags, places);
  const bits = numbers(tags, 'BitsPerSample', [1]);
  const blocks = blockCount({ width, height, blockWidth, blockHeight, planar, samples });
  const listed = numbers(tags, counts, []);
  const shape = { tiled, height, blockWidth, blockHeight, bits: (bits[0] ?? 1) * (planar ? 1 : samples), blocks };
  const byteCounts = number(tags, 'Compression', 1) === 1 ? uncompressedCounts(listed, offsets, shape) : listed;
  if (offsets.length < blocks || byteCounts.length < blocks) {
    const found = `${offsets.length} offsets and ${byteCounts.length} byte counts`;
    throw new Error(
      `${width} × ${height} pixels in ${tiled ? 'tiles' : 'strips'} of ${blockWidth} × ${blockHeight} need ${blocks} blocks, but it lists ${found}`,
    );
  }
  const subsampling = numbers(tags, 'YCbCrSubSampling', []);
  const tables = tags.JPEGTables;
  const hamamatsu = parseHamamatsu(tags);
  const noDataValue = noData(text(tags.GDAL_NODATA));
  const { geo, leftOut } = geoTags(tags, noDataValue);
  const oddities = [...(strange ? ['its tiles are where the tags of strips say'] : []), ...leftOut];
  return {
    index,
    parent,
    littleEndian,
    width,
    height,
    samples,
    bits: Array.from({ length: samples }, (_, i) => bits[i] ?? bits[0] ?? 1),
    sampleFormat: sampleFormat(numbers(tags, 'SampleFormat', [1])[0]),
    compression: number(tags, 'Compression', 1),
    predictor: number(tags, 'Predictor', 1),
    photometric: number(tags, 'PhotometricInterpretation', samples >= 3 ? 2 : 1),
    planar,
    fillOrder: number(tags, 'FillOrder', 1),
    extraSamples: Array.from(numbers(tags, 'ExtraSamples', [])),
    layout: tiled ? 'tiles' : 'strips',
    blockWidth,
    blockHeight,
    offsets,
    byteCounts,
    jpegTables: tables instanceof Uint8Array ? tables : undefined,
    colorMap: tags.ColorMap === undefined ? undefined : numbers(tags, 'ColorMap'),
    sampleRange: {
      least: first(tags, 'SMinSampleValue') ?? first(tags, 'MinSampleValue'),
      most: first(tags, 'SMaxSampleValue') ?? first(tags, 'MaxSampleValue'),
    },
    lumaWeights: rationals(tags.YCbCrCoefficients, 3) as [number, number, number] | undefined,
    blackWhite: rationals(tags.ReferenceBlackWhite, 6),
    noData: noDataValue,
    subsampling: subsampling.length >= 2 ? [subsampling[0]!, subsampling[1]!] : undefined,
    subfileType: number(tags, 'NewSubfileType', number(tags, 'SubfileType', 1) === 2 ? 1 : 0),
    description: text(tags.ImageDescription),
    resolution: resolution(tags),
    subDirectories: Array.from(numbers(tags, 'SubIFDs', [])),
    ...orientationOf(tags),
    ...(tags.Software === undefined ? {} : { software: text(tags.Software) }),
    ...(tags.XMP === undefined ? {} : { xmp: text(tags.XMP) }),
    ...(hamamatsu === undefined ? {} : { hamamatsu }),
    ...(geo === undefined ? {} : { geo }),
    ...(oddities.length > 0 && { oddities }),
  };
}

/** A value that makes no sense is treated like none: pixels are read as they are stored. */
function orientationOf({ Orientation: value }: Tags): { readonly orientation?: number } {
  const orientation = typeof value === 'string' ? undefined : value?.[0];
  return orientation === undefined ? {} : { orientation };
}

/**
 * Format 4 means that nothing is known about the samples; a reader treats them as unsigned (TIFF 6.0, tag
 * SampleFormat).
 */
function sampleFormat(format: number | undefined): number {
  return format === undefined || format === 4 ? 1 : format;
}

function parseHamamatsu(tags: Tags): Hamamatsu | undefined {
  if (tags.NdpiFormat === undefined) return undefined;
  const low = tags.NdpiMcuStarts;
  const high = numbers(tags, 'NdpiMcuStartsHigh', []);
  return {
    lens: number(tags, 'NdpiLens', 0),
    focus: number(tags, 'NdpiFocus', 0),
    captureMode: number(tags, 'NdpiCaptureMode', 0),
    mcuStarts:
      low === undefined || typeof low === 'string'
        ? undefined
        : Float64Array.from(low, (start, i) => start + (high[i] ?? 0) * 2 ** 32),
  };
}

/** How many blocks an image has. A file may list more. */
export function blockCount(
  image: Pick<Directory, 'width' | 'height' | 'blockWidth' | 'blockHeight' | 'planar' | 'samples'>,
): number {
  const { width, height, blockWidth, blockHeight, planar, samples } = image;
  return Math.ceil(width / blockWidth) * Math.ceil(height / blockHeight) * (planar ? samples : 1);
}

/** The name of a directory in messages. */
export function directoryName(directory: Directory): string {
  return directory.parent === undefined
    ? `directory ${directory.index}`
    : `sub-directory ${directory.index} of directory ${directory.parent}`;
}

function resolution(tags: Tags): Resolution | undefined {
  const x = rational(tags.XResolution);
  const y = rational(tags.YResolution);
  if (x === undefined || y === undefined) return undefined;
  const unit = number(tags, 'ResolutionUnit', 2);
  return { x, y, unit: unit === 2 ? 'inch' : unit === 3 ? 'cm' : 'none' };
}

function rational(value: TagValue | undefined): number | undefined {
  return rationals(value, 1)?.[0];
}

function rationals(value: TagValue | undefined, least: number): number[] | undefined {
  if (!(value instanceof Uint32Array) || value.length < 2 * least) return undefined;
  const quotients = Array.from({ length: least }, (_, i) => value[2 * i]! / value[2 * i + 1]!);
  return quotients.every(Number.isFinite) ? quotients : undefined;
}

function first(tags: Tags, name: TagName): number | undefined {
  return tags[name] === undefined ? undefined : numbers(tags, name)[0];
}

function noData(text: string): number | undefined {
  const value = text.trim().toLowerCase();
  if (value === '') return undefined;
  const number = Number(value);
  return Number.isNaN(number) && value !== 'nan' ? undefined : number;
}

function text(tag: TagValue | undefined): string {
  // Some writers give text the type BYTE.
  const value = tag instanceof Uint8Array ? new TextDecoder().decode(tag) : tag;
  if (typeof value !== 'string') return '';
  const end = value.indexOf('\0');
  return end < 0 ? value : value.slice(0, end);
}

function count(tags: Tags, name: TagName, otherwise?: number): number {
  const value = number(tags, name, otherwise);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`${name} is ${value}`);
  return value;
}

function number(tags: Tags, name: TagName, otherwise?: number): number {
  const first = tags[name] === undefined ? otherwise : numbers(tags, name)[0];
  if (first === undefined) throw new Error(`it has no ${name}`);
  return first;
}

function numbers(tags: Tags, name: TagName, otherwise?: ArrayLike<number>): ArrayLike<number> {
  const value = tags[name] ?? otherwise;
  if (value === undefined) throw new Error(`it has no ${name}`);
  if (typeof value === 'string') throw new Error(`${name} is not a list of numbers`);
  return value;
}
