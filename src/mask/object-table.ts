import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { type CommitOptions, openPartialFile } from '../io/partial-file.js';
import type { Sink } from '../types.js';

/** An object in a file of Parquet. */
export interface ObjectRow {
  /** In the order of the columns. */
  readonly cells: readonly (string | number)[];
  /** Well-known binary. */
  readonly geometry: Uint8Array;
  readonly box: readonly [left: number, top: number, right: number, bottom: number];
}

/** What a file of Parquet is to hold. */
export interface TableForm extends CommitOptions {
  readonly columns: readonly { readonly name: string; readonly type: 'STRING' | 'DOUBLE' }[];
  /** The text under the key `geo`, given the box around all rows, where there are any. */
  readonly metadata: (box: readonly number[] | undefined) => string;
}

/** Objects of a row group, which is held until it is full. */
const GROUP = 20_000;

/**
 * GeoParquet 1.1: columns of numbers and texts, and of each row its geometry and the box around it. Written in groups of rows, so that a table of any length takes
 * little memory. It appears under its name when `finish` resolves.
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
    createdBy: 'segtile',
  });
  let rows: ObjectRow[] = [];
  let around: [number, number, number, number] | undefined;

  async function writeGroup(): Promise<void> {
    const group = rows;
    rows = [];
    const data = columns.map(({ name, type }, c) => ({
      name,
      data: group.map(({ cells }) => cells[c]),
      // Measures hardly repeat: to look for a dictionary of them is in vain.
      ...(type === 'DOUBLE' ? PLAIN : {}),
    }));
    const boxes = group.map(({ box: [xmin, ymin, xmax, ymax] }) => ({ xmin, ymin, xmax, ymax }));
    await parquet.write({
      columnData: [
        ...data,
        { name: 'geometry', data: group.map(({ geometry }) => geometry), statistics: false, ...PLAIN },
        { name: 'bbox', data: boxes, ...PLAIN },
      ],
      rowGroupSize: GROUP,
    });
  }

  return {
    write: async (more) => {
      for (const row of more) {
        const [left, top, right, bottom] = row.box;
        around = around
          ? [Math.min(around[0], left), Math.min(around[1], top), Math.max(around[2], right), Math.max(around[3], bottom)]
          : [left, top, right, bottom];
        rows.push(row);
        if (rows.length === GROUP) await writeGroup();
      }
    },
    finish: async () => {
      if (rows.length > 0) await writeGroup();
      kvMetadata.push({ key: 'geo', value: metadata(around) });
      await parquet.finish();
      await file.commit();
    },
    abort: () => file.discard(),
  };
}

const PLAIN = { encoding: 'PLAIN' } as const;
const EDGES = ['xmin', 'ymin', 'xmax', 'ymax'] as const;
