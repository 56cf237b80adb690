import type { ColumnChunk, ParquetType } from 'hyparquet';
import type { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { writePageHeader } from 'hyparquet-writer/src/datapage.js';
import { makeRoom, type TextBytes, textBytes } from '../plan/text/text-bytes.js';
import { snappy } from './snappy.js';

/** A column chunk as the writer of a Parquet file keeps it until the end of the file. */
type Chunk = ParquetWriter['pendingIndexes'][number];

/** A column of a Parquet file whose values are all there, while a row group of it grows. */
export interface PlainColumn {
  /** Writes what came since the last call as a column chunk, and forgets it. */
  write(writer: ByteWriter): Chunk;
}

/** Takes numbers. */
export interface DoubleColumn extends PlainColumn {
  put(value: number): void;
}

/** Takes values of any number of bytes. */
export interface BytesColumn extends PlainColumn {
  /** Begins a value. What is appended to the bytes until `end` is the value. */
  begin(): TextBytes;
  end(): void;
}

/** A page is compressed when it has this many bytes. */
const PAGE = 2 ** 20;

interface Page {
  readonly compressed: Uint8Array;
  readonly length: number;
  readonly count: number;
}

/**
 * A column of doubles in Parquet's encoding PLAIN, with the smallest and largest value of each chunk.
 *
 * @param path the names of the groups around the column, and its own
 */
export function doubleColumn(path: readonly string[]): DoubleColumn {
  let values = new Float64Array(1024);
  let count = 0;
  return {
    put(value) {
      if (count === values.length) {
        const more = new Float64Array(2 * count);
        more.set(values);
        values = more;
      }
      values[count++] = value;
    },
    write(writer) {
      const used = values.subarray(0, count);
      let [least, most] = [Infinity, -Infinity];
      for (const value of used) {
        if (value < least) least = value;
        if (value > most) most = value;
      }
      const page = pageOf(new Uint8Array(values.buffer, 0, 8 * count), count);
      count = 0;
      // Parquet wants the sign of a zero so that both zeros lie between the two.
      const bounds = { min_value: least === 0 ? -0 : least, max_value: most === 0 ? 0 : most };
      return writeChunk(writer, path, 'DOUBLE', [page], least <= most ? bounds : undefined);
    },
  };
}

/**
 * A column of texts or other bytes in Parquet's encoding PLAIN: each value is its length and its bytes. Only the last page
 * is in memory as it is; those before it are compressed.
 *
 * @param path as for {@link doubleColumn}
 */
export function bytesColumn(path: readonly string[]): BytesColumn {
  const text = textBytes();
  let start = 0;
  let count = 0;
  let pages: Page[] = [];
  const endPage = (): void => {
    if (count > 0) pages.push(pageOf(text.bytes.subarray(0, text.length), count));
    [text.length, count] = [0, 0];
  };
  return {
    begin() {
      start = text.length;
      makeRoom(text, LENGTH);
      text.length += LENGTH;
      return text;
    },
    end() {
      const length = text.length - start - LENGTH;
      for (let byte = 0; byte < LENGTH; byte++) text.bytes[start + byte] = length >>> (8 * byte);
      count++;
      if (text.length >= PAGE) endPage();
    },
    write(writer) {
      endPage();
      const all = pages;
      pages = [];
      return writeChunk(writer, path, 'BYTE_ARRAY', all, undefined);
    },
  };
}

/** Bytes of the length of a value. */
const LENGTH = 4;

function pageOf(bytes: Uint8Array, count: number): Page {
  return { compressed: snappy(bytes).slice(), length: bytes.length, count };
}

function writeChunk(
  writer: ByteWriter,
  path: readonly string[],
  type: ParquetType,
  pages: readonly Page[],
  statistics: { readonly min_value: number; readonly max_value: number } | undefined,
): Chunk {
  const from = writer.offset;
  const locations = [];
  let [rows, unpacked] = [0, 0];
  for (const { compressed, length, count } of pages) {
    const offset = writer.offset;
    writePageHeader(writer, {
      type: 'DATA_PAGE_V2',
      uncompressed_page_size: length,
      compressed_page_size: compressed.length,
      data_page_header_v2: {
        num_values: count,
        num_nulls: 0,
        num_rows: count,
        encoding: 'PLAIN',
        definition_levels_byte_length: 0,
        repetition_levels_byte_length: 0,
        is_compressed: true,
      },
    });
    unpacked += writer.offset - offset + length;
    writer.appendBytes(compressed);
    locations.push({ offset: BigInt(offset), compressed_page_size: writer.offset - offset, first_row_index: BigInt(rows) });
    rows += count;
  }
  const chunk: ColumnChunk = {
    file_offset: BigInt(from),
    meta_data: {
      type,
      encodings: ['PLAIN'],
      path_in_schema: [...path],
      codec: 'SNAPPY',
      num_values: BigInt(rows),
      total_compressed_size: BigInt(writer.offset - from),
      total_uncompressed_size: BigInt(unpacked),
      data_page_offset: BigInt(from),
      ...(statistics && { statistics: { ...statistics, null_count: 0n } }),
      encoding_stats: [{ page_type: 'DATA_PAGE_V2', encoding: 'PLAIN', count: pages.length }],
    },
  };
  return pages.length > 1 ? { chunk, offsetIndex: { page_locations: locations } } : { chunk };
}
