/** Value of the tag PhotometricInterpretation: grey whose largest value is black (TIFF 6.0). */
export const WHITE_IS_ZERO = 0;

const PHOTOMETRICS: ReadonlyMap<number, string> = new Map([
  [WHITE_IS_ZERO, 'grey, white is zero'],
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

/** Name of a photometric interpretation, such as `YCbCr`; the number if it has no name. */
export function photometricName(photometric: number): string {
  return PHOTOMETRICS.get(photometric) ?? String(photometric);
}
