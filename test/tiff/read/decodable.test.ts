import { expect, test } from 'vitest';
import { requireDecodable } from '../../../dist/tiff/read/decodable.js';
import { plainDirectory } from '../pictures.js';

test.each([
  [4096, false],
  [4097, true],
  [65_535, true],
])('pixels of %i samples are refused by their number: %s', (samples, refused) => {
  const directory = { ...plainDirectory(43, 35), samples, bits: [64, 64, 64], compression: 5, photometric: 2 };
  const examined = (): void => requireDecodable('a.tif', directory);
  if (refused) expect(examined).toThrow(`${samples} samples per pixel`);
  else expect(examined).not.toThrow();
});
