/** The formats in which objects can be written. */
export const OBJECT_FORMATS = ['geojson', 'geojson.gz', 'csv', 'parquet', 'imagescope'] as const;
/** A format in which objects can be written. */
export type ObjectFormat = (typeof OBJECT_FORMATS)[number];

/** The file name extension of a format, without the dot. */
export function fileEndingOf(format: ObjectFormat): string {
  return format === 'imagescope' ? 'xml' : format;
}

/** What can be measured from the slide's pixels over each object: its channels, or the amounts of two stains. */
export const MEASURES = ['intensity', 'hematoxylin-eosin', 'hematoxylin-dab'] as const;
/** One of {@link MEASURES}. */
export type Measure = (typeof MEASURES)[number];
