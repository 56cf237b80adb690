/** A value that fits into a cell. */
export type CellValue = string | number | boolean | null;

/**
 * Flattens plain data into one record: from the dotted path of each leaf, such as `window.width`, to its value, in
 * the order of the data. A list of leaves becomes one text, joined with commas. A size `{ width, height }` becomes a
 * text such as `512x512`.
 */
export function flatten(data: unknown, path = ''): Record<string, CellValue> {
  if (isCell(data)) return { [path]: data };
  if (Array.isArray(data) && data.every(isCell)) return { [path]: data.join(', ') };
  if (typeof data !== 'object' || data === null) return {};
  const entries = Object.entries(data);
  if (isSize(data)) return { [path]: `${data.width}x${data.height}` };
  return Object.assign({}, ...entries.map(([key, value]) => flatten(value, path === '' ? key : `${path}.${key}`)));
}

function isCell(value: unknown): value is CellValue {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}

function isSize(data: object): data is { width: number; height: number } {
  const keys = Object.keys(data);
  return keys.length === 2 && 'width' in data && 'height' in data;
}
