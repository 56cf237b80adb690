import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { expect, test } from 'vitest';
import { writeObjectTable } from '../../dist/mask/object-table.js';
import { append, makeRoom } from '../../dist/plan/text/text-bytes.js';

const columns = [
  { name: 'id', type: 'STRING' },
  { name: 'size', type: 'DOUBLE' },
] as const;

interface Row {
  readonly id: string;
  readonly size: number;
  readonly bytes: number;
}

async function written(rows: readonly Row[]): Promise<ArrayBuffer> {
  const folder = mkdtempSync(join(tmpdir(), 'segtile-table-'));
  const path = join(folder, 'k.parquet');
  const sink = await writeObjectTable<Row>(path, {
    columns,
    texts: ({ id }) => [id],
    numbers: ({ size }) => [size],
    geometry: ({ bytes }, text) => {
      makeRoom(text, bytes);
      text.bytes.fill(bytes, text.length, text.length + bytes);
      text.length += bytes;
      append(text, 'é');
    },
    box: ({ size }) => [-size, 0, size, 1],
    metadata: (box) => JSON.stringify(box ?? null),
  });
  for (let i = 0; i < rows.length; i += 64) await sink.write(rows.slice(i, i + 64));
  await sink.finish();
  expect(readdirSync(folder)).toEqual(['k.parquet']);
  return new Uint8Array(readFileSync(path)).buffer;
}

test('a table of several groups and pages is read back as it was, with the bounds of its numbers', async () => {
  const rows = Array.from({ length: 45_000 }, (_, i) => ({ id: `µ${i}`, size: i / 8 - 7, bytes: i % 100 }));
  const file = await written(rows);
  const read = await parquetReadObjects({ file, utf8: false });
  expect(read.length).toBe(rows.length);
  for (const [i, { id, size, bytes }] of rows.entries()) {
    const { geometry, ...rest } = read[i] as { geometry: Uint8Array };
    const same =
      JSON.stringify(rest) === JSON.stringify({ id, size, bbox: { xmin: -size, ymin: 0, xmax: size, ymax: 1 } }) &&
      geometry.length === bytes + 2 &&
      geometry.subarray(0, bytes).every((each) => each === bytes);
    if (!same) expect([i, rest, geometry]).toEqual([i, { id, size }, bytes]);
  }
  const { row_groups: groups, key_value_metadata: told } = parquetMetadata(file);
  expect(groups.map(({ num_rows }) => num_rows)).toEqual([20_000n, 20_000n, 5_000n]);
  expect(groups[1]!.columns[1]!.meta_data!.statistics).toMatchObject({ min_value: 2493, max_value: 39_999 / 8 - 7 });
  expect(groups[0]!.columns[2]!.offset_index_offset).toBeDefined();
  expect(told).toEqual([{ key: 'geo', value: JSON.stringify([-(44_999 / 8 - 7), 0, 44_999 / 8 - 7, 1]) }]);
});

test('a table without rows has its columns', async () => {
  const file = await written([]);
  expect(await parquetReadObjects({ file })).toEqual([]);
  expect(parquetMetadata(file).key_value_metadata).toEqual([{ key: 'geo', value: 'null' }]);
});
