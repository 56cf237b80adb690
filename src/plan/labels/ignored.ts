/** The label of pixels that nothing is said of: neither trained on nor scored. */
export const IGNORED = 255;
