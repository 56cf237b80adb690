import { basename } from 'node:path';
import { SegtileError } from '../errors.js';
import type { CommitOptions } from '../io/partial-file.js';
import type { GeoTags } from '../tiff/geo.js';
import { deflateCodec } from '../tiff/write/tile-codec.js';
import { writeTiff } from '../tiff/write/write.js';
import type { MaskClass, Mpp, RasterRows, Rgb, Sink, Size } from '../types.js';
import { hex, omeXml } from './ome-xml.js';

/** What a label mask holds. */
export interface LabelMask extends CommitOptions {
  readonly size: Size;
  /** Size of a mask pixel in micrometres, if known. */
  readonly mpp?: Mpp | undefined;
  /** The georeference, in pixels of the mask. Its no-data value is left out if a class has that label. */
  readonly geo?: GeoTags | undefined;
  /** Every class that may occur, at least one; each with its own label from 1 to 255. */
  readonly classes: readonly MaskClass[];
  /**
   * `labels` writes the labels as they are; `255` writes every pixel of the one class as 255, for viewers that show raw
   * values.
   */
  readonly values: 'labels' | '255';
  /** Whether the file has a palette, so that viewers show the colours of the classes; background is black. */
  readonly palette?: boolean | undefined;
}

/**
 * Side of the tiles of a mask, in px. A small mask has tiles of 256 px, because libvips refuses larger tiles whose side
 * is four times the longer side of the image.
 */
function tileOf({ width, height }: Size): number {
  return Math.max(width, height) > 256 ? 512 : 256;
}

/**
 * Writes a label mask: a tiled, pyramidal, lossless BigTIFF with one 8-bit band in which 0 is background. Its levels
 * are made by majority. A name that ends in `.ome.tif` or `.ome.tiff` gives an OME-TIFF (levels in SubIFDs, OME-XML);
 * any other `.tif` or `.tiff` gives a plain TIFF (levels in a chain of directories). Takes rows of one channel. See
 * {@link writeTiff} for the memory it needs and what is left after errors.
 *
 * @throws {SegtileError} `usage` for another file name, for bad classes, for several classes with values `255`;
 *   `output` if the file cannot be written
 */
export async function writeLabelMask(path: string, mask: LabelMask): Promise<Sink<RasterRows>> {
  const { size, mpp, values } = mask;
  checkMask(path, mask);
  const classes = values === '255' ? mask.classes.map((only) => ({ ...only, label: 255 })) : mask.classes;
  const ome = /\.ome\.tiff?$/i.test(path);
  const sink = await writeTiff(path, {
    size,
    mpp,
    geo: mask.geo && geoOfMask(mask.geo, classes),
    channels: 1,
    tile: tileOf(size),
    codec: deflateCodec('labels'),
    reduce: 'majority',
    levels: ome ? 'subifd' : 'chained',
    description: ome ? maskXml(basename(path), { size, mpp, classes }) : plainDescription(classes),
    software: 'segtile',
    replace: mask.replace,
    palette: mask.palette ? paletteOf(classes) : undefined,
  });
  return values === '255' ? { ...sink, write: (rows) => sink.write(brightened(rows)) } : sink;
}

/** A colour for each value; black for values that belong to no class. */
function paletteOf(classes: readonly MaskClass[]): Rgb[] {
  const colors = Array.from({ length: 256 }, (): Rgb => [0, 0, 0]);
  for (const { label, color } of classes) colors[label] = color;
  return colors;
}

/** The georeference of a mask. The slide's no-data value is dropped if it is the label of a class. */
function geoOfMask({ noData, ...place }: GeoTags, classes: readonly MaskClass[]): GeoTags {
  const possible = Number.isInteger(noData) && noData! >= 0 && noData! <= 255 && classes.every(({ label }) => label !== noData);
  return possible ? { ...place, noData: noData! } : place;
}

/**
 * The OME-XML of a mask. Its map of classes goes from the label to `name #rrggbb`; with a single class, the channel has
 * its name and colour.
 */
function maskXml(name: string, { size, mpp, classes }: Pick<LabelMask, 'size' | 'mpp' | 'classes'>): string {
  const [only, ...others] = classes;
  const channel = only && others.length === 0 ? { name: only.name, color: only.color } : { name: 'labels' };
  const value = classes.map((each) => [String(each.label), `${each.name} ${hex(each.color)}`] as const);
  return omeXml({
    name,
    size,
    mpp,
    samples: 'uint8',
    channels: [channel],
    annotation: { namespace: 'segtile/classes', value },
  });
}

/** The description of a plain mask: one line per value, so that the file says what its values mean. */
function plainDescription(classes: readonly MaskClass[]): string {
  return ['segtile label mask', '0 background', ...classes.map((each) => `${each.label} ${each.name} ${hex(each.color)}`)].join(
    '\n',
  );
}

function brightened(rows: RasterRows): RasterRows {
  const data = new Uint8Array(rows.data.length);
  for (let i = 0; i < data.length; i++) data[i] = rows.data[i] === 0 ? 0 : 255;
  return { ...rows, data };
}

function checkMask(path: string, { classes, values }: LabelMask): void {
  if (!/\.tiff?$/i.test(path)) {
    throw new SegtileError(
      'usage',
      `expected a name that ends in .tif or .tiff for a mask but got ${path}`,
      'use .ome.tif for QuPath and Bio-Formats, .tif for other programs',
    );
  }
  const labels = classes.map(({ label }) => label);
  const bad = labels.find(
    (label, index) => !(Number.isInteger(label) && label >= 1 && label <= 255) || labels.indexOf(label) < index,
  );
  if (bad !== undefined || labels.length === 0) {
    throw new SegtileError(
      'usage',
      `expected different labels from 1 to 255 for the classes of a mask but got [${labels.join(', ')}]`,
    );
  }
  if (values === '255' && classes.length > 1) {
    throw new SegtileError(
      'usage',
      `expected one class for mask values 255 but got ${classes.length}: ${classes.map(({ name }) => name).join(', ')}`,
      'with several classes, use mask values labels',
    );
  }
}
