/** How a codec packs blocks. */
export interface Codec {
  readonly name: string;
  /** `bytes` gives back the bytes of the samples as TIFF lays them out; `picture` is an image format of its own. */
  readonly gives: 'bytes' | 'picture';
  /** The predictors that may come before it (tag Predictor): 1 none, 2 horizontal difference, 3 floating point. */
  readonly predictors: readonly number[];
}

/** Values of the tag Compression that have ways of their own. */
export const NONE = 1;
export const LZW = 5;
/** TIFF technical note 2. */
export const JPEG = 7;
export const DEFLATE = 8;
/** Another number for {@link DEFLATE}. */
export const OLD_DEFLATE = 32946;
export const PACKBITS = 32773;
/** JPEG 2000 of which Aperio keeps the samples as YCbCr. */
export const APERIO_YCBCR = 33003;
export const LZMA = 34925;
export const ZSTD = 50000;
export const WEBP = 50001;

const bytes = (name: string, predictors: readonly number[] = [1, 2, 3]): Codec => ({ name, gives: 'bytes', predictors });
const picture = (name: string): Codec => ({ name, gives: 'picture', predictors: [] });

/** The codecs that segtile decodes, by the value of the tag Compression. */
const CODECS: ReadonlyMap<number, Codec> = new Map([
  [NONE, bytes('none', [])],
  [LZW, bytes('LZW')],
  [JPEG, picture('JPEG')],
  [DEFLATE, bytes('deflate')],
  [OLD_DEFLATE, bytes('deflate')],
  [PACKBITS, bytes('PackBits', [])],
  [APERIO_YCBCR, picture('JPEG 2000')],
  [33005, picture('JPEG 2000')],
  [34712, picture('JPEG 2000')],
  [LZMA, bytes('LZMA')],
  [ZSTD, bytes('ZSTD')],
  [WEBP, picture('WebP')],
]);

/** Names of codecs that are recognised but not decoded. */
const OTHER_CODECS: ReadonlyMap<number, string> = new Map([
  [2, 'CCITT RLE'],
  [3, 'CCITT fax group 3'],
  [4, 'CCITT fax group 4'],
  [6, 'old-style JPEG'],
  [9, 'JBIG'],
  [10, 'JBIG'],
  [22610, 'JPEG XR'],
  [32766, 'NeXT RLE'],
  [32771, 'CCITT RLE'],
  [32809, 'ThunderScan'],
  [34661, 'JBIG'],
  [34676, 'SGI Log'],
  [34677, 'SGI Log 24'],
  [34887, 'LERC'],
  [34892, 'lossy JPEG'],
  [34933, 'PNG'],
  [34934, 'JPEG XR'],
  [50002, 'JPEG XL'],
  [52546, 'JPEG XL'],
]);

/** Other numbers under which writers keep a codec: libvips JPEG 2000, others JPEG, and ZSTD and WebP from before they were registered. */
const OTHER_NUMBERS: ReadonlyMap<number, number> = new Map([
  [33004, 34712],
  [33007, JPEG],
  [34926, ZSTD],
  [34927, WEBP],
]);

/** The number under which segtile knows a codec that has several with the same meaning. */
export function mainNumber(compression: number): number {
  return OTHER_NUMBERS.get(compression) ?? compression;
}

/** How blocks of a compression are packed; undefined where segtile does not decode them. */
export function codecOf(compression: number): Codec | undefined {
  return CODECS.get(compression);
}

/** Name of a compression, such as `JPEG`; the number where it has none. */
export function compressionName(compression: number): string {
  return CODECS.get(compression)?.name ?? OTHER_CODECS.get(compression) ?? String(compression);
}

const PHOTOMETRICS: ReadonlyMap<number, string> = new Map([
  [0, 'grey, white is zero'],
  [1, 'grey'],
  [2, 'RGB'],
  [3, 'palette'],
  [4, 'mask'],
  [5, 'CMYK'],
  [6, 'YCbCr'],
  [8, 'CIE L*a*b*'],
  [9, 'ICC L*a*b*'],
  [10, 'ITU L*a*b*'],
  [32803, 'colour filter array'],
  [32844, 'CIE Log2(L)'],
  [32845, 'CIE Log2(L)(u,v)'],
  [34892, 'linear raw'],
]);

/** Name of a photometric interpretation, such as `YCbCr`; the number where it has none. */
export function photometricName(photometric: number): string {
  return PHOTOMETRICS.get(photometric) ?? String(photometric);
}
