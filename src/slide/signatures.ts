import { extname } from 'node:path';
import { type ImageKind, imageKind } from '../tiff/image-kind.js';

/** The kind of a file, as far as its first bytes and its name tell. */
export type FileKind =
  | { readonly kind: ImageKind }
  /** An image that segtile does not read, and what to do with it. */
  | { readonly kind: 'foreign'; readonly name: string; readonly hint: string }
  /** Something else that a user might take for an image. */
  | { readonly kind: 'other'; readonly name: string; readonly hint: string };

const EXPORT = 'convert it to OME-TIFF first, for example with QuPath (File > Export images) or with bfconvert';
const RASTER = 'convert it to TIFF or PNG first, for example with "vips copy"';

/** How many bytes at the start of a file are looked at. */
export const SIGNATURE_BYTES = 512;

/** Files that look like ordinary images but belong to a slide in other files beside them. Their extension tells. */
const COMPANIONS: ReadonlyMap<string, string> = new Map([
  ['.mrxs', 'a MIRAX slide'],
  ['.vsi', 'an Olympus VSI slide'],
]);

/** Images that segtile does not read: the position and text of the signature, what the file is, and the hint. */
const FOREIGN: readonly (readonly [at: number, text: string, name: string, hint: string])[] = [
  [128, 'DICM', 'a DICOM file', 'convert it to OME-TIFF first, for example with bfconvert or wsidicomizer'],
  [0, 'ZISRAWFILE', 'a Zeiss CZI slide', EXPORT],
  [4, 'jP  \r\n\x87\n', 'a JPEG 2000 image (.jp2)', RASTER],
  [0, '\xff\x4f\xff\x51', 'a JPEG 2000 codestream', RASTER],
  [0, '\x89HDF', 'an HDF5 file, such as an Imaris image', EXPORT],
  [0, '\xda\xce\xbe\x0a', 'a Nikon ND2 image', EXPORT],
  [0, '\xd0\xcf\x11\xe0', 'a compound file, such as a Zeiss ZVI or Olympus OIB image', EXPORT],
  [0, 'SQLite format 3', 'an SQLite database, such as a Sakura SVSlide', EXPORT],
  [0, '[Virtual Microscope Specimen]', 'a Hamamatsu VMS index', EXPORT],
  [0, '[Uncompressed Virtual Microscope Specimen]', 'a Hamamatsu VMU index', EXPORT],
  [0, '[NanoZoomer Digital Pathology Image Set]', 'a list of Hamamatsu NDPI slides', 'give the .ndpi files that it lists'],
  [
    0,
    '<DataObject ObjectType="DPUfsImport"',
    'a Philips iSyntax slide',
    'convert it to OME-TIFF first, for example with isyntax2raw',
  ],
  [0, '\x70\x00\x00\x00', 'a Leica LIF image', EXPORT],
  [0, 'GIF8', 'a GIF image', RASTER],
  [8, 'WEBP', 'a WebP image', RASTER],
  [4, 'ftyp', 'an ISO media file, such as HEIF, AVIF or video', RASTER],
  [0, 'BM', 'a BMP image', RASTER],
];

/** The same for files that are no images. */
const OTHERS: typeof FOREIGN = [
  [0, '\x93NUMPY', 'a NumPy array', 'write it as TIFF first, for example with tifffile'],
  [0, '\x1f\x8b', 'a gzip archive', 'unpack it first'],
  [0, 'PK\x03\x04', 'a ZIP archive', 'unpack it first'],
  [0, '%PDF', 'a PDF document', 'give the image itself'],
];

/**
 * Recognises the kind of a file from its first bytes. The name is used only if the bytes are misleading.
 *
 * @param start the first {@link SIGNATURE_BYTES} bytes, or the whole file if it is shorter
 * @returns undefined for a file that is no known kind of image
 */
export function recognise(path: string, start: Uint8Array): FileKind | undefined {
  const companion = COMPANIONS.get(extname(path).toLowerCase());
  const kind = imageKind(start);
  if (kind !== undefined && companion !== undefined) return { kind: 'foreign', name: companion, hint: EXPORT };
  if (kind !== undefined) return { kind };
  const text = Buffer.from(start).toString('latin1');
  const body = text.replace(/^(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?/, '');
  const marked = ([at, mark]: (typeof FOREIGN)[number]) =>
    text.startsWith(mark, at) || (mark.startsWith('<') && body.startsWith(mark));
  const foreign = FOREIGN.find(marked);
  if (foreign !== undefined) return { kind: 'foreign', name: foreign[2], hint: foreign[3] };
  const other = OTHERS.find(marked);
  return other && { kind: 'other', name: other[2], hint: other[3] };
}
