import { mkdir, rm } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { pack } from 'tar-stream';
import { throwIfAborted } from '../errors.js';
import { outputError, writeWhole } from '../io/partial-file.js';
import { readRegular } from '../io/regular-file.js';
import { createRandom, shuffled } from '../plan/sampling/random.js';
import { SHARDS } from './layout.js';
import { type ManifestRow, rowPaths } from './manifest.js';

/** A tile that goes into a shard. */
interface ShardTile {
  readonly id: string;
  readonly row: ManifestRow;
}

/** How shards are made. */
export interface ShardSettings {
  /** Tiles per shard; the last shard of a part has the rest. */
  readonly size: number;
  readonly seed: number;
}

/**
 * Packs tiles from single files into shards for WebDataset: `shards/<split>-000000.tar`. The tiles of a part are
 * shuffled over its shards, so that each shard has tiles of many slides. The same tiles and seed give the same bytes.
 *
 * The names and rows of all tiles are in memory, but the files of only one tile at a time.
 *
 * @param root of the dataset
 * @param rows of the manifest; `image`, `mask` and `mask2` are the paths of the files of a tile
 * @returns the path of the shard for each name of a tile
 * @throws {SegtileError} `output` if a file cannot be read back or written
 */
export async function packShards(
  root: string,
  rows: AsyncIterable<ManifestRow>,
  { size, seed }: ShardSettings,
  onTile: (done: number) => void,
  signal: AbortSignal,
): Promise<Map<string, string>> {
  const parts = new Map<string, ShardTile[]>();
  for await (const row of rows) {
    const split = String(row.split);
    const members = parts.get(split) ?? [];
    members.push({ id: String(row.tile), row });
    parts.set(split, members);
  }
  // Shards of an earlier run may hold other tiles.
  const folder = join(root, SHARDS);
  try {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw outputError(folder, error);
  }
  const shardOf = new Map<string, string>();
  let done = 0;
  for (const [split, members] of parts) {
    const order = shuffled(members.length, createRandom(seed, `shards/${split}`));
    for (let first = 0; first < order.length; first += size) {
      const shard = `${SHARDS}/${split}-${String(first / size).padStart(6, '0')}.tar`;
      const inShard = Array.from(order.subarray(first, first + size), (at) => members[at]!);
      for (const { id } of inShard) shardOf.set(id, shard);
      await writeShard(root, shard, inShard, signal);
      done += inShard.length;
      onTile(done);
    }
  }
  return shardOf;
}

async function writeShard(root: string, shard: string, members: readonly ShardTile[], signal: AbortSignal): Promise<void> {
  await writeWhole(join(root, shard), async (file) => {
    const tar = pack();
    const drained = (async () => {
      for await (const chunk of tar) await file.append(chunk as Uint8Array);
    })();
    // The error is thrown where the end of the file is awaited; until then it must not be reported as unhandled.
    drained.catch(() => undefined);
    try {
      for (const member of members) {
        throwIfAborted(signal);
        // If nothing reads the stream any more, the wait for an entry would never end.
        for (const [name, bytes] of await filesOf(root, shard, member))
          await Promise.race([addEntry(tar, name, bytes), drained]);
      }
      tar.finalize();
      await drained;
    } finally {
      tar.destroy();
    }
  });
}

async function filesOf(root: string, shard: string, { id, row }: ShardTile): Promise<(readonly [string, Buffer])[]> {
  const packed = packedRow(row, shard);
  const members = rowPaths(packed);
  const files: (readonly [string, Buffer])[] = [];
  for (const [at, path] of rowPaths(row).entries()) {
    const bytes = await readRegular(join(root, path)).catch((error: unknown) => {
      throw outputError(join(root, path), error);
    });
    files.push([posix.basename(members[at]!), bytes]);
  }
  return [...files, [`${id}.json`, Buffer.from(JSON.stringify(packed))]];
}

/**
 * The row of a tile that is packed into a shard. In WebDataset, the part of a file name before the first dot names the
 * sample.
 */
export function packedRow(row: ManifestRow, shard: string): ManifestRow {
  const inShard = (path: ManifestRow[string] | undefined): string => posix.join(shard, posix.basename(String(path)));
  return { ...row, image: inShard(row.image), mask: inShard(row.mask), mask2: row.mask2 ? inShard(row.mask2) : null };
}

/** Adds an entry without owner and time, so that the same tiles give the same bytes. */
function addEntry(tar: ReturnType<typeof pack>, name: string, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    tar.entry({ name, mode: 0o644, mtime: new Date(0), uid: 0, gid: 0 }, bytes, (error) => (error ? reject(error) : resolve()));
  });
}
