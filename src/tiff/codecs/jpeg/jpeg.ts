import { sharp } from '../../../io/sharp.js';
import type { Size } from '../../../types.js';
import type { Directory } from '../../directory.js';
import type { BlockPixels, PictureCodec, PictureDue, PlacedBlock } from '../codec.js';
import { wrapperHeader } from '../wrap.js';
import { bareJpeg, type JpegHead, jpegHead } from './head.js';
import { checkScans, losesData } from './scan.js';

const NUMBER = 7;

/** JPEG as defined by TIFF technical note 2. */
export const jpeg: PictureCodec = {
  gives: 'picture',
  // Some writers use the second number for the same.
  numbers: [NUMBER, 33007],
  name: 'JPEG',
  predictors: [],
  check({ bits, planar, samples }) {
    if (bits[0] !== 8) return `${bits[0]} bits per sample in JPEG`;
    return !planar && samples > 4 ? `${samples} samples per pixel in JPEG` : undefined;
  },
  decode,
  // For JPEG, 'warning' does not make sharp report damaged blocks, but it would make it fail at harmless remarks about
  // subsampling.
  wrapped: { failOn: 'error', examine },
};

/**
 * If JPEG data do not fill a tile, libtiff puts its rows at a wrong place. It also does not report where a scan is
 * damaged.
 */
function examine(blocks: readonly PlacedBlock[], most: Size, directory: Directory) {
  const { layout, blockWidth, blockHeight, jpegTables } = directory;
  const heads = blocks.map(({ bytes, size }) => ({ bytes, head: jpegHead(bytes, size, most) }));
  const filled = heads.every(({ head }) => head.size.width === blockWidth && head.size.height === blockHeight);
  return layout === 'tiles' && !filled ? undefined : () => checkScans(heads, jpegTables);
}

async function decode(bytes: Uint8Array, { least, most, channels }: PictureDue, directory: Directory): Promise<BlockPixels> {
  const { photometric, jpegTables } = directory;
  const head = jpegHead(bytes, least, most);
  if (head.components !== channels)
    throw new Error(`its JPEG data have ${head.components} components where ${channels} are due`);
  if (channels === 2) return decodePair(directory, bytes, head);
  const file = bareJpeg(bytes, head, jpegTables, photometric === 6);
  const space = channels === 1 ? 'b-w' : channels === 3 ? 'srgb' : 'cmyk';
  const decodeFile = (failOn: 'warning' | 'error') =>
    sharp(file, { failOn, limitInputPixels: false, unlimited: true, ignoreIcc: true })
      .pipelineColourspace(space)
      .toColourspace(space)
      .raw()
      .toBuffer({ resolveWithObject: true });
  await checkScans([{ bytes, head }], jpegTables);
  const { data, info } = await decodeFile('warning').catch((thrown: unknown) => {
    if (losesData(thrown)) throw thrown;
    return decodeFile('error');
  });
  requireChannels(info, head.size, channels);
  // libvips inverts four components, because outside TIFF Photoshop writes them inverted.
  if (channels === 4) for (let i = 0; i < data.length; i++) data[i] = 255 - data[i]!;
  return { data, rowLength: info.width };
}

/**
 * Decodes grey with one more sample. libvips cannot read such a JPEG file, but it can read it as a TIFF. sharp then
 * gives grey three times, and the other sample.
 */
async function decodePair(directory: Directory, bytes: Uint8Array, head: JpegHead): Promise<BlockPixels> {
  const { size } = head;
  const shape = { layout: 'strips', blockWidth: size.width, blockHeight: size.height, photometric: 1 } as const;
  const header = wrapperHeader({ ...directory, ...shape, compression: NUMBER, predictor: 1 }, size, [
    { offset: 0, bytes: bytes.length },
  ]);
  await checkScans([{ bytes, head }], directory.jpegTables);
  const { data, info } = await sharp(Buffer.concat([header, bytes]), {
    failOn: 'error',
    limitInputPixels: false,
    ignoreIcc: true,
  })
    .raw()
    .toBuffer({ resolveWithObject: true });
  requireChannels(info, size, 4);
  const pairs = new Uint8Array(size.width * size.height * 2);
  for (let to = 0, from = 0; to < pairs.length; to += 2, from += 4) {
    pairs[to] = data[from]!;
    pairs[to + 1] = data[from + 3]!;
  }
  return { data: pairs, rowLength: size.width };
}

function requireChannels(info: Size & { readonly channels: number }, { width, height }: Size, channels: number): void {
  if (info.channels === channels && info.width === width && info.height === height) return;
  const found = `${info.width} × ${info.height} pixels of ${info.channels} samples`;
  throw new Error(`it gives ${found} where ${width} × ${height} of ${channels} are due`);
}
