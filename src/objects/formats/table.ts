import { csvCell } from '../../plan/text/csv.js';
import { LONGEST_NUMBER, makeRoom, putAscii, putBytes, putDecimal } from '../../plan/text/text-bytes.js';
import { DECIMALS, type MeasuredObject, type ObjectMeter } from '../measured.js';
import type { TextForm } from './geojson.js';

/** A column of the table of objects. */
export interface ObjectColumn {
  readonly name: string;
  readonly type: 'STRING' | 'DOUBLE';
}

/** Objects as a table with one row for each object. Pixels are those of level 0. */
export interface ObjectTable {
  /** The id, the name of the class, and then numbers. */
  readonly columns: readonly ObjectColumn[];
  /** The numbers of an object, in the order of their columns. */
  numbers(object: MeasuredObject): number[];
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
    numbers({ centroid, box, area, values }) {
      const numbers = [centroid.x, centroid.y, box[0], box[1], box[2], box[3]];
      if (!ownArea) numbers.push(area);
      for (const value of values) numbers.push(value);
      return numbers;
    },
  };
}

/**
 * The objects as CSV: one line of column names, then one line for each object, with commas between cells and quotes
 * where needed (RFC 4180, except that lines end in LF).
 */
export function csvForm(meter: Pick<ObjectMeter, 'measurements'>): TextForm {
  const { columns, numbers } = objectTable(meter);
  const names = new Map<string, Uint8Array>();
  const nameOf = (name: string): Uint8Array => {
    const encoded = names.get(name) ?? new TextEncoder().encode(csvCell(name));
    names.set(name, encoded);
    return encoded;
  };
  return {
    head: `${columns.map(({ name }) => name).join(',')}\n`,
    between: '',
    tail: '',
    object: (object, text) => {
      const name = nameOf(object.class.name);
      makeRoom(text, columns.length * (LONGEST_NUMBER + 1) + name.length + object.id.length);
      const { bytes } = text;
      let at = putAscii(bytes, text.length, object.id);
      bytes[at++] = COMMA;
      at = putBytes(bytes, at, name);
      for (const number of numbers(object)) {
        bytes[at++] = COMMA;
        at = putDecimal(bytes, at, number, DECIMALS);
      }
      bytes[at++] = LINE_FEED;
      text.length = at;
    },
  };
}

const [COMMA, LINE_FEED] = [44, 10];
