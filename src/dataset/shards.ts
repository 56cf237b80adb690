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
interface Member {
  readonly id: string;
  readonly row: ManifestRow;
}

/** What shards are made from and how. */
export interface ShardSettings {
  /** Tiles in a shard; the last of a part has what is left. */
  readonly size: number;
  readonly seed: number;
}

/**
 * Packs tiles that were written one by one into shards for WebDataset: `shards/<split>-000000.tar`. The tiles of a part are shuffled over its
 * shards, so that a reader that goes through a shard meets many slides. The same tiles and seed give the same bytes.
 *
 * Of each tile the name and its row are held in memory; of pictures those of one tile.
 *
 * @param root of the dataset
 * @param rows of the manifest, whose `image`, `mask` and `mask2` say where the files of a tile are
 * @returns the path of each tile's shard, by the tile's name
 * @throws {SegtileError} `output` where a file cannot be read back or written
 */
export async function packShards(
  root: string,
  rows: AsyncIterable<ManifestRow>,
  { size, seed }: ShardSettings,
  onTile: (done: number) => void,
  signal: AbortSignal,
): Promise<Map<string, string>> {
  const parts = new Map<string, Member[]>();
  for await (const row of rows) {
    const split = String(row.split);
    const members = parts.get(split) ?? [];
    members.push({ id: String(row.tile), row });
    parts.set(split, members);
  }
  // Shards of an earlier run may be of other tiles.
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

async function writeShard(root: string, shard: string, members: readonly Member[], signal: AbortSignal): Promise<void> {
  await writeWhole(join(root, shard), async (file) => {
    const tar = pack();
    const drained = (async () => {
      for await (const chunk of tar) await file.append(chunk as Uint8Array);
    })();
    // Whoever waits for the last byte sees the error; until then it must not count as unhandled.
    drained.catch(() => undefined);
    try {
      for (const member of members) {
        throwIfAborted(signal);
        // An entry that nobody drains any more would be waited for for ever.
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

async function filesOf(root: string, shard: string, { id, row }: Member): Promise<(readonly [string, Buffer])[]> {
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

/** A tile's row once it is in a shard. WebDataset takes what stands before the first dot of a file's name for the sample's. */
export function packedRow(row: ManifestRow, shard: string): ManifestRow {
  const inShard = (path: ManifestRow[string] | undefined): string => posix.join(shard, posix.basename(String(path)));
  return { ...row, image: inShard(row.image), mask: inShard(row.mask), mask2: row.mask2 ? inShard(row.mask2) : null };
}

/** Entries say nothing of who wrote them and when, so that the same tiles give the same bytes. */
function addEntry(tar: ReturnType<typeof pack>, name: string, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    tar.entry({ name, mode: 0o644, mtime: new Date(0), uid: 0, gid: 0 }, bytes, (error) => (error ? reject(error) : resolve()));
  });
}
