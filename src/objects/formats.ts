/** What objects can be written as; a format is the ending of its files. */
export const OBJECT_FORMATS = ['geojson', 'geojson.gz', 'csv', 'parquet'] as const;
export type ObjectFormat = (typeof OBJECT_FORMATS)[number];
