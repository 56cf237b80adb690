/** Values of the tags of a directory, by name: text for ASCII, numbers for all else; RATIONAL as numerator, denominator, ... */
export type Tags = Readonly<Partial<Record<TagName, TagValue>>>;

/** The value of one tag; see {@link Tags}. */
export type TagValue = string | ArrayLike<number>;

/** Name of a tag that is read. */
export type TagName = (typeof TAGS)[keyof typeof TAGS];

/** The tags that are read; all others are ignored. 65420 to 65441 are Hamamatsu's (openslide.org/formats/hamamatsu). */
export const TAGS = {
  254: 'NewSubfileType',
  255: 'SubfileType',
  256: 'ImageWidth',
  257: 'ImageLength',
  258: 'BitsPerSample',
  259: 'Compression',
  262: 'PhotometricInterpretation',
  266: 'FillOrder',
  270: 'ImageDescription',
  273: 'StripOffsets',
  274: 'Orientation',
  277: 'SamplesPerPixel',
  278: 'RowsPerStrip',
  279: 'StripByteCounts',
  280: 'MinSampleValue',
  281: 'MaxSampleValue',
  282: 'XResolution',
  283: 'YResolution',
  284: 'PlanarConfiguration',
  296: 'ResolutionUnit',
  305: 'Software',
  317: 'Predictor',
  320: 'ColorMap',
  322: 'TileWidth',
  323: 'TileLength',
  324: 'TileOffsets',
  325: 'TileByteCounts',
  330: 'SubIFDs',
  338: 'ExtraSamples',
  339: 'SampleFormat',
  340: 'SMinSampleValue',
  341: 'SMaxSampleValue',
  347: 'JPEGTables',
  529: 'YCbCrCoefficients',
  530: 'YCbCrSubSampling',
  532: 'ReferenceBlackWhite',
  700: 'XMP',
  33550: 'ModelPixelScale',
  33922: 'ModelTiepoint',
  34264: 'ModelTransformation',
  34735: 'GeoKeyDirectory',
  34736: 'GeoDoubleParams',
  34737: 'GeoAsciiParams',
  42113: 'GDAL_NODATA',
  65420: 'NdpiFormat',
  65421: 'NdpiLens',
  65424: 'NdpiFocus',
  65426: 'NdpiMcuStarts',
  65432: 'NdpiMcuStartsHigh',
  65441: 'NdpiCaptureMode',
} as const;
