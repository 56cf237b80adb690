import type { BytesCodec } from './codec.js';

/** Value of the tag Compression where samples are not compressed. */
export const NONE = 1;

/** Samples as they are. */
export const none: BytesCodec = {
  gives: 'bytes',
  numbers: [NONE],
  name: 'none',
  predictors: [],
  decode: (block) => block,
};
