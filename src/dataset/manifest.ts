import { ByteWriter, parquetWriteRows } from 'hyparquet-writer';
import { SegtileError } from '../errors.js';
import { type CommitOptions, type PartialFile, writeWhole } from '../io/partial-file.js';
import { IGNORED } from '../plan/labels/ignored.js';
import { momentsOf, type Sums } from '../plan/sampling/tile-stats.js';
import { csvCell } from '../plan/text/csv.js';
import type { MaskClass } from '../types.js';
import type { TileRecord } from './tile.js';

/** One tile in the manifest, by column. */
export type ManifestRow = Readonly<Record<string, string | number | null>>;

/** A column of the manifest. */
export interface ManifestColumn {
  readonly name: string;
  readonly type: 'STRING' | 'INT32' | 'DOUBLE';
}

const channelNames = ['r', 'g', 'b'] as const;

/** The name of the column that counts a class's pixels. */
function pixelColumn(name: string): string {
  return `pixels_${name}`;
}

/** The columns that count labels. */
function countedLabels(classes: readonly MaskClass[]): { readonly label: number; readonly column: string }[] {
  return [
    { label: 0, column: pixelColumn('background') },
    ...classes.map(({ label, name }) => ({ label, column: pixelColumn(name) })),
    { label: IGNORED, column: pixelColumn('ignored') },
  ];
}

/**
 * The columns of a manifest, in order.
 *
 * @throws {SegtileError} `usage` if a class has the name of another one, of the background or of ignored pixels
 */
export function manifestColumns(classes: readonly MaskClass[]): ManifestColumn[] {
  const text = ['tile', 'image', 'mask', 'slide', 'patient', 'group'];
  const counted = countedLabels(classes).map(({ column }) => column);
  const twice = counted.find((name, index) => counted.indexOf(name) < index);
  if (twice !== undefined) {
    throw new SegtileError(
      'usage',
      `two columns of the manifest would be called ${twice}`,
      'rename the classes; the names background and ignored are reserved',
    );
  }
  const columns = (type: ManifestColumn['type'], names: readonly string[]): ManifestColumn[] =>
    names.map((name) => ({ name, type }));
  return [
    ...columns('STRING', text),
    ...columns('INT32', ['x', 'y', 'width', 'height', 'working_x', 'working_y']),
    ...columns('DOUBLE', ['downsample', 'mpp']),
    ...columns('STRING', ['split']),
    ...columns('INT32', ['fold']),
    ...columns('STRING', ['sampler']),
    ...columns('DOUBLE', ['tissue', ...channelNames.map((c) => `mean_${c}`), ...channelNames.map((c) => `std_${c}`)]),
    ...columns('INT32', counted),
    ...columns('STRING', ['source', 'augmentation', 'mask2', 'partner']),
    ...columns('DOUBLE', ['mix_ratio', 'mix_ratio2']),
  ];
}

/** The paths of the files of a tile, relative to the dataset. */
export interface TilePaths {
  readonly image: string;
  readonly mask: string;
  /** The labels of the tile that is mixed in, if any. */
  readonly mask2: string;
}

/** The paths of the files that a row names. */
export function rowPaths({ image, mask, mask2 }: ManifestRow): string[] {
  return [image, mask, mask2].filter((path) => typeof path === 'string');
}

/**
 * The row of a tile. `counts` are pixels by label. Samples are scaled to 0 to 1. Means, deviations and shares are
 * rounded to six places.
 */
export function manifestRow(
  record: TileRecord,
  paths: TilePaths,
  counts: ArrayLike<number>,
  sums: Sums,
  classes: readonly MaskClass[],
): ManifestRow {
  const { mean, std } = momentsOf(sums);
  const { box, mpp, copy } = record;
  return {
    tile: record.id,
    image: paths.image,
    mask: paths.mask,
    slide: record.slide,
    patient: record.patient ?? null,
    group: record.group,
    x: box.x,
    y: box.y,
    width: box.width,
    height: box.height,
    working_x: record.x,
    working_y: record.y,
    downsample: rounded(record.downsample),
    mpp: mpp === undefined ? null : rounded(Math.sqrt(mpp.x * mpp.y)),
    split: record.split,
    fold: record.fold ?? null,
    sampler: record.sampler,
    tissue: record.tissue === undefined ? null : rounded(record.tissue),
    ...Object.fromEntries(channelNames.map((name, c) => [`mean_${name}`, rounded(mean[c]!)])),
    ...Object.fromEntries(channelNames.map((name, c) => [`std_${name}`, rounded(std[c]!)])),
    ...Object.fromEntries(countedLabels(classes).map(({ label, column }) => [column, counts[label]!])),
    source: copy?.source ?? null,
    augmentation: copy ? copy.steps.map(({ words }) => words).join('; ') || 'none' : null,
    mask2: copy?.mixed ? paths.mask2 : null,
    partner: copy?.mixed?.partner ?? null,
    mix_ratio: copy?.mixed?.ratio ?? null,
    mix_ratio2: copy?.mixed?.otherRatio ?? null,
  };
}

function rounded(value: number): number {
  return Number(value.toFixed(6));
}

/**
 * Writes `manifest.csv`: a line of column names, then one line per tile, as in RFC 4180, but with lines that end in LF.
 *
 * @throws {SegtileError} `output` if the file cannot be written
 */
export async function writeCsv(
  path: string,
  columns: readonly ManifestColumn[],
  rows: AsyncIterable<ManifestRow>,
  placement?: CommitOptions,
): Promise<void> {
  const write = async (file: PartialFile): Promise<void> => {
    let lines = [columns.map(({ name }) => csvCell(name)).join(',')];
    for await (const row of rows) {
      lines.push(columns.map(({ name }) => csvCell(row[name] ?? '')).join(','));
      if (lines.length < 1000) continue;
      await file.append(Buffer.from(`${lines.join('\n')}\n`));
      lines = [];
    }
    await file.append(Buffer.from(lines.map((line) => `${line}\n`).join('')));
  };
  await writeWhole(path, write, placement);
}

/**
 * Writes `manifest.parquet` with the same columns and values. It is written in groups of rows, so a manifest of any
 * length takes little memory.
 *
 * @throws {SegtileError} `output` if the file cannot be written
 */
export async function writeParquet(
  path: string,
  columns: readonly ManifestColumn[],
  rows: AsyncIterable<ManifestRow>,
): Promise<void> {
  await writeWhole(path, async (file) => {
    const bytes = new ByteWriter();
    const flush = async (): Promise<void> => {
      await file.append(bytes.getBytes().slice());
      bytes.index = 0;
    };
    const writer = Object.assign(bytes, { flush, finish: flush });
    await parquetWriteRows({
      writer,
      columns: columns.map(({ name, type }) => ({ name, type, nullable: true })),
      rows,
      rowGroupSize: 20_000,
      createdBy: 'segtile',
    });
  });
}
