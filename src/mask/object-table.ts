import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { type CommitOptions, openPartialFile } from '../io/partial-file.js';
import { append, type TextBytes } from '../plan/text/text-bytes.js';
import type { Sink } from '../types.js';
import { bytesColumn, doubleColumn } from './plain-columns.js';

/** The columns of a Parquet file of objects, what they have of an object, and the metadata. */
export interface TableForm<Row> extends CommitOptions {
  /** Columns of texts come before those of numbers. */
  readonly columns: readonly { readonly name: string; readonly type: 'STRING' | 'DOUBLE' }[];
  /** The values of the columns of texts, in their order. */
  texts(row: Row): readonly string[];
  /** The values of the columns of numbers, in their order. */
  numbers(row: Row): readonly number[];
  /** Appends the geometry as well-known binary (WKB). */
  geometry(row: Row, bytes: TextBytes): void;
  box(row: Row): readonly [left: number, top: number, right: number, bottom: number];
  /** Gives the text under the key `geo`. Its argument is the box around all rows; undefined if there are no rows. */
  metadata(box: readonly number[] | undefined): string;
}

/** Objects per row group. A group is in memory until it is full: its numbers, and its texts and geometries compressed. */
const GROUP = 20_000;

/**
 * Writes GeoParquet 1.1: columns of numbers and texts, and for each row its geometry and the box around it. It is
 * written in groups of rows, so a table of any length takes little memory. The complete file appears when `finish`
 * resolves. The package writes what describes the file; the values are encoded here, because it takes several times as
 * long for them.
 *
 * @throws {SegtileError} `output` if the file cannot be written; `aborted` after `abort`
 */
export async function writeObjectTable<Row>(path: string, form: TableForm<Row>): Promise<Sink<readonly Row[]>> {
  const { columns, replace } = form;
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
  const texts = columns.filter(({ type }) => type === 'STRING').map(({ name }) => bytesColumn([name]));
  const numbers = columns.slice(texts.length).map(({ name }) => doubleColumn([name]));
  const geometry = bytesColumn(['geometry']);
  const edges = EDGES.map((name) => doubleColumn(['bbox', name]));
  let count = 0;
  let around: readonly [number, number, number, number] | undefined;

  async function writeGroup(): Promise<void> {
    const from = bytes.offset;
    const chunks = [...texts, ...numbers, geometry, ...edges].map((column) => column.write(bytes));
    const unpacked = chunks.map(({ chunk }) => chunk.meta_data!.total_uncompressed_size);
    parquet.pendingIndexes.push(...chunks);
    parquet.row_groups.push({
      columns: chunks.map(({ chunk }) => chunk),
      total_byte_size: unpacked.reduce((sum, size) => sum + size, 0n),
      num_rows: BigInt(count),
      total_compressed_size: BigInt(bytes.offset - from),
    });
    parquet.num_rows += BigInt(count);
    count = 0;
    await flush();
  }

  return {
    write: async (more) => {
      for (const row of more) {
        const box = form.box(row);
        around = around
          ? [Math.min(around[0], box[0]), Math.min(around[1], box[1]), Math.max(around[2], box[2]), Math.max(around[3], box[3])]
          : box;
        const own = form.texts(row);
        for (let c = 0; c < texts.length; c++) {
          append(texts[c]!.begin(), own[c]!);
          texts[c]!.end();
        }
        const values = form.numbers(row);
        for (let c = 0; c < numbers.length; c++) numbers[c]!.put(values[c]!);
        form.geometry(row, geometry.begin());
        geometry.end();
        for (let edge = 0; edge < 4; edge++) edges[edge]!.put(box[edge]!);
        if (++count === GROUP) await writeGroup();
      }
    },
    finish: async () => {
      if (count > 0) await writeGroup();
      kvMetadata.push({ key: 'geo', value: form.metadata(around) });
      await parquet.finish();
      await file.commit();
    },
    abort: () => file.discard(),
  };
}

const EDGES = ['xmin', 'ymin', 'xmax', 'ymax'] as const;
