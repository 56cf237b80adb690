import { type PackageFormat, refused } from './package.js';

/** Models of WSInfer, which classify patches. They are recognised, but refused. */
export const wsinfer: PackageFormat = {
  name: 'WSInfer',
  files: ['config.json'],
  recognises: (fields) => fields.patch_size_pixels !== undefined && fields.spacing_um_px !== undefined,
  read({ file }) {
    throw refused(
      file,
      'WSInfer describes a classifier of patches, which gives a score a window and none a pixel',
      'classifiers come later: for now give a network that gives a map of scores',
    );
  },
};
