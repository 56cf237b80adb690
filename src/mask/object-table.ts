import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { type CommitOptions, openPartialFile } from '../io/partial-file.js';
import type { Sink } from '../types.js';
import { snappy } from './snappy.js';

/** An object in a Parquet file. */
export interface ObjectRow {
  /** Values of the columns of texts, in their order. */
  readonly texts: readonly string[];
  /** Values of the columns of numbers, in their order. */
  readonly numbers: readonly number[];
  /** The geometry as well-known binary (WKB). */
  readonly geometry: Uint8Array;
  readonly box: readonly [left: number, top: number, right: number, bottom: number];
}

/** The columns and the metadata of a Parquet file of objects. */
export interface TableForm extends CommitOptions {
  /** Columns of texts come before those of numbers. */
  readonly columns: readonly { readonly name: string; readonly type: 'STRING' | 'DOUBLE' }[];
  /** Gives the text under the key `geo`. Its argument is the box around all rows; undefined if there are no rows. */
  readonly metadata: (box: readonly number[] | undefined) => string;
}

/** Objects per row group. A group is in memory until it is full. */
const GROUP = 20_000;

/**
 * Writes GeoParquet 1.1: columns of numbers and texts, and for each row its geometry and the box around it. It is
 * written in groups of rows, so a table of any length takes little memory. The complete file appears when `finish`
 * resolves.
 *
 * @throws {SegtileError} `output` if the file cannot be written; `aborted` after `abort`
 */
export async function writeObjectTable(
  path: string,
  { columns, metadata, replace }: TableForm,
): Promise<Sink<readonly ObjectRow[]>> {
  const file = await openPartialFile(path, { replace });
  const bytes = new ByteWriter();
  const flush = async (): Promise<void> => {
    await file.append(bytes.getBytes().slice());
    bytes.index = 0;
  };
  const kvMetadata: { key: string; value: string }[] = [];
  const required = { repetition_type: 'REQUIRED' } as const;
  const parquet = new ParquetWriter({
    writer: Object.assign(bytes, { flush, finish: flush }),
    schema: [
      { name: 'root', num_children: columns.length + 2 },
      ...columns.map(({ name, type }) =>
        type === 'STRING'
          ? ({ name, type: 'BYTE_ARRAY', converted_type: 'UTF8', ...required } as const)
          : ({ name, type, ...required } as const),
      ),
      { name: 'geometry', type: 'BYTE_ARRAY', ...required },
      { name: 'bbox', num_children: 4, ...required },
      ...EDGES.map((name) => ({ name, type: 'DOUBLE', ...required }) as const),
    ],
    kvMetadata,
    // The library has the same compression, many times slower.
    compressors: { SNAPPY: snappy },
    createdBy: 'segtile',
  });
  const texts = columns.filter(({ type }) => type === 'STRING').map((): string[] => []);
  const numbers = columns.slice(texts.length).map(() => new Float64Array(GROUP));
  let geometries: Uint8Array[] = [];
  let boxes: Record<(typeof EDGES)[number], number>[] = [];
  let around: [number, number, number, number] | undefined;

  async function writeGroup(): Promise<void> {
    const count = boxes.length;
    const data = columns.map(({ name, type }, c) =>
      type === 'STRING'
        ? { name, data: texts[c]!.slice() }
        : // Measurements hardly repeat, so a dictionary of them would not help.
          { name, data: numbers[c - texts.length]!.subarray(0, count), ...PLAIN },
    );
    const rest = { geometries, boxes };
    [geometries, boxes] = [[], []];
    for (const text of texts) text.length = 0;
    await parquet.write({
      columnData: [
        ...data,
        { name: 'geometry', data: rest.geometries, statistics: false, ...PLAIN },
        { name: 'bbox', data: rest.boxes, ...PLAIN },
      ],
      rowGroupSize: GROUP,
    });
  }

  return {
    write: async (more) => {
      for (const row of more) {
        const [xmin, ymin, xmax, ymax] = row.box;
        around = around
          ? [Math.min(around[0], xmin), Math.min(around[1], ymin), Math.max(around[2], xmax), Math.max(around[3], ymax)]
          : [xmin, ymin, xmax, ymax];
        for (let c = 0; c < texts.length; c++) texts[c]!.push(row.texts[c]!);
        for (let c = 0; c < numbers.length; c++) numbers[c]![boxes.length] = row.numbers[c]!;
        geometries.push(row.geometry);
        boxes.push({ xmin, ymin, xmax, ymax });
        if (boxes.length === GROUP) await writeGroup();
      }
    },
    finish: async () => {
      if (boxes.length > 0) await writeGroup();
      kvMetadata.push({ key: 'geo', value: metadata(around) });
      await parquet.finish();
      await file.commit();
    },
    abort: () => file.discard(),
  };
}

const PLAIN = { encoding: 'PLAIN' } as const;
const EDGES = ['xmin', 'ymin', 'xmax', 'ymax'] as const;
