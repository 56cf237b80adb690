/** The label of pixels without a known class: they are neither trained on nor scored. */
export const IGNORED = 255;
