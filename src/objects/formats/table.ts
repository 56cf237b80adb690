import { csvCell } from '../../plan/text/csv.js';
import type { MeasuredObject, ObjectMeter } from '../measured.js';
import type { TextForm } from './geojson.js';

/** A column of the table of objects. */
export interface ObjectColumn {
  readonly name: string;
  readonly type: 'STRING' | 'DOUBLE';
}

/** Objects as a table with one row for each object. Pixels are those of level 0. */
export interface ObjectTable {
  readonly columns: readonly ObjectColumn[];
  /** The values of an object, in the order of the columns. */
  row(object: MeasuredObject): (string | number)[];
}

/** Creates the table of objects with their measurements. */
export function objectTable({ measurements }: Pick<ObjectMeter, 'measurements'>): ObjectTable {
  const [first] = measurements;
  // If the size of pixels is not known, the measurements already have the area in pixels.
  const ownArea = first?.column === 'area_px';
  const numbers = ['x_px', 'y_px', 'left_px', 'top_px', 'right_px', 'bottom_px', ...(ownArea ? [] : ['area_px'])];
  return {
    columns: [
      { name: 'id', type: 'STRING' },
      { name: 'class', type: 'STRING' },
      ...[...numbers, ...measurements.map(({ column }) => column)].map((name) => ({ name, type: 'DOUBLE' as const })),
    ],
    row({ id, class: { name }, centroid, box, area, values }) {
      return [id, name, centroid.x, centroid.y, ...box, ...(ownArea ? [] : [area]), ...values];
    },
  };
}

/** Numbers cannot be formulas, so only texts are checked. */
function cellOf(value: string | number): string {
  return typeof value === 'number' ? String(value) : csvCell(value);
}

/**
 * The objects as CSV: one line of column names, then one line for each object, with commas between cells and quotes
 * where needed (RFC 4180, except that lines end in LF).
 */
export function csvForm(meter: Pick<ObjectMeter, 'measurements'>): TextForm {
  const { columns, row } = objectTable(meter);
  return {
    head: `${columns.map(({ name }) => name).join(',')}\n`,
    between: '',
    tail: '',
    object: (object) => `${row(object).map(cellOf).join(',')}\n`,
  };
}
