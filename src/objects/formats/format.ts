/** What objects can be written as. */
export const OBJECT_FORMATS = ['geojson', 'geojson.gz', 'csv', 'parquet', 'tif', 'imagescope'] as const;
export type ObjectFormat = (typeof OBJECT_FORMATS)[number];

/** The ending of the files of a format. */
export function fileEndingOf(format: ObjectFormat): string {
  return format === 'imagescope' ? 'xml' : format;
}

/** What of the slide's pixels is measured over each object: its channels, or the amounts of two stains. */
export const MEASURES = ['intensity', 'hematoxylin-eosin', 'hematoxylin-dab'] as const;
export type Measure = (typeof MEASURES)[number];
