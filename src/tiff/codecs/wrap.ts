import type { Size } from '../../types.js';
import type { Directory } from '../directory.js';

/** One compressed block inside the data that a wrapped TIFF carries. */
export interface WrappedBlock {
  /** First byte, from the start of the data. */
  readonly offset: number;
  readonly bytes: number;
}

const SHORT = 3;
const LONG = 4;
const UNDEFINED = 7;

type WrapperTag = readonly [tag: number, type: number, values: readonly number[] | Uint8Array];

/** The tags that tell how blocks are to be decoded. */
export type Wrappable = Pick<
  Directory,
  | 'layout'
  | 'samples'
  | 'bits'
  | 'compression'
  | 'photometric'
  | 'predictor'
  | 'blockWidth'
  | 'blockHeight'
  | 'jpegTables'
  | 'subsampling'
>;

/**
 * The start of a little-endian classic TIFF that holds some blocks of `directory` as an image of its own. The
 * compressed bytes follow it unchanged. The blocks are in the order in which the image has them. 8-bit samples have no
 * byte order, so blocks of a big-endian file fit too.
 *
 * @param size of the image that the blocks make, in pixels
 */
export function wrapperHeader(directory: Wrappable, size: Size, blocks: readonly WrappedBlock[]): Uint8Array {
  const tags = wrapperTags(directory, size, blocks);
  const directoryBytes = 2 + tags.length * 12 + 4;
  const length = even(tags.reduce((end, tag) => end + (tagBytes(tag) > 4 ? even(tagBytes(tag)) : 0), 8 + directoryBytes));
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x002a4949, true);
  view.setUint32(4, 8, true);
  view.setUint16(8, tags.length, true);
  let free = 8 + directoryBytes;
  for (const [i, tag] of tags.entries()) {
    const [number, type, values] = tag;
    const entry = 10 + i * 12;
    view.setUint16(entry, number, true);
    view.setUint16(entry + 2, type, true);
    view.setUint32(entry + 4, values.length, true);
    let at = entry + 8;
    if (tagBytes(tag) > 4) {
      view.setUint32(at, free, true);
      at = free;
      free += even(tagBytes(tag));
    }
    const base = number === STRIP_OFFSETS || number === TILE_OFFSETS ? length : 0;
    for (let v = 0; v < values.length; v++) {
      if (type === SHORT) view.setUint16(at + v * 2, values[v]!, true);
      else if (type === LONG) view.setUint32(at + v * 4, values[v]! + base, true);
      else view.setUint8(at + v, values[v]!);
    }
  }
  return bytes;
}

const STRIP_OFFSETS = 273;
const TILE_OFFSETS = 324;

/** The tags in ascending order, as TIFF wants them. Block offsets are relative to the end of the header. */
function wrapperTags(directory: Wrappable, size: Size, blocks: readonly WrappedBlock[]): WrapperTag[] {
  const { layout, samples, bits, compression, photometric, predictor, blockWidth, blockHeight, jpegTables, subsampling } =
    directory;
  const offsets = blocks.map((block) => block.offset);
  const counts = blocks.map((block) => block.bytes);
  const tiled = layout === 'tiles';
  const extra = samples === 2 || samples === 4;
  return [
    [256, LONG, [size.width]],
    [257, LONG, [size.height]],
    [258, SHORT, bits],
    [259, SHORT, [compression]],
    [262, SHORT, [photometric]],
    ...(tiled ? [] : [[STRIP_OFFSETS, LONG, offsets] as const]),
    [277, SHORT, [samples]],
    ...(tiled ? [] : [[278, LONG, [blockHeight]] as const, [279, LONG, counts] as const]),
    [284, SHORT, [1]],
    ...(predictor !== 1 ? [[317, SHORT, [predictor]] as const] : []),
    ...(tiled ? [[322, LONG, [blockWidth]] as const, [323, LONG, [blockHeight]] as const] : []),
    ...(tiled ? [[TILE_OFFSETS, LONG, offsets] as const, [325, LONG, counts] as const] : []),
    ...(extra ? [[338, SHORT, [0]] as const] : []),
    ...(jpegTables ? [[347, UNDEFINED, jpegTables] as const] : []),
    ...(subsampling ? [[530, SHORT, subsampling] as const] : []),
  ];
}

function tagBytes([, type, values]: WrapperTag): number {
  return values.length * (type === LONG ? 4 : type === SHORT ? 2 : 1);
}

function even(bytes: number): number {
  return bytes + (bytes % 2);
}
