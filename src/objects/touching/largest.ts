/**
 * Objects whose box has more pixels than this are not split, because splitting takes about 15 bytes of memory for
 * each pixel, and its samples take four for each channel.
 */
export const LARGEST_SPLIT: number = 2 ** 23;
