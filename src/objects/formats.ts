/** What objects can be written as; a format is the ending of its files. */
export const OBJECT_FORMATS = ['geojson', 'geojson.gz', 'csv', 'parquet', 'tif'] as const;
export type ObjectFormat = (typeof OBJECT_FORMATS)[number];

/** What of the slide's pixels is measured over each object: its channels, or the amounts of two stains. */
export const MEASURES = ['intensity', 'hematoxylin-eosin', 'hematoxylin-dab'] as const;
export type Measure = (typeof MEASURES)[number];
