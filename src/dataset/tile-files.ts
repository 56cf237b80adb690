import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { extract } from 'tar-stream';
import { reason, SegtileError, throwIfAborted } from '../errors.js';
import { readRegular } from '../io/regular-file.js';
import type { ManifestTile } from './manifest-read.js';

/** A tile with the bytes of its files, or with the error that prevented reading them. */
export type TileFiles =
  | { readonly tile: ManifestTile; readonly files: ReadonlyMap<TilePart, Buffer>; readonly error?: undefined }
  | { readonly tile: ManifestTile; readonly files?: undefined; readonly error: SegtileError };

/** The kinds of files of a tile. */
export type TilePart = 'image' | 'mask';

/**
 * Reads the files of tiles. Tiles in single files come first, in the order given. Then come the tiles in shards; each
 * shard is read once from start to end. In memory are the files of one tile and, for a shard, those of tiles with files
 * still to come. If files cannot be read, their tile comes with the error.
 *
 * @param root the folder that the paths of the tiles are relative to
 * @throws {SegtileError} `aborted` when the signal fires
 */
export async function* readTileFiles(
  root: string,
  tiles: readonly ManifestTile[],
  parts: readonly TilePart[],
  signal: AbortSignal,
): AsyncGenerator<TileFiles> {
  const shards = new Map<string, ManifestTile[]>();
  for (const tile of tiles) {
    throwIfAborted(signal);
    const shard = shardOf(tile.mask);
    if (shard === undefined) {
      yield await looseFiles(root, tile, parts);
    } else {
      const inShard = shards.get(shard) ?? [];
      inShard.push(tile);
      shards.set(shard, inShard);
    }
  }
  for (const [shard, inShard] of shards) yield* shardFiles(root, shard, inShard, parts, signal);
}

/** The shard in a path, if any: `shards/train-000000.tar` for `shards/train-000000.tar/a.mask.png`. */
function shardOf(path: string): string | undefined {
  const end = path.indexOf('.tar/');
  return end < 0 ? undefined : path.slice(0, end + 4);
}

async function looseFiles(root: string, tile: ManifestTile, parts: readonly TilePart[]): Promise<TileFiles> {
  const files = new Map<TilePart, Buffer>();
  for (const part of parts) {
    const path = join(root, tile[part]);
    try {
      files.set(part, await readRegular(path));
    } catch (error) {
      return { tile, error: unreadable(path, error) };
    }
  }
  return { tile, files };
}

async function* shardFiles(
  root: string,
  shard: string,
  tiles: readonly ManifestTile[],
  parts: readonly TilePart[],
  signal: AbortSignal,
): AsyncGenerator<TileFiles> {
  const wanted = new Map(tiles.flatMap((tile) => parts.map((part) => [tile[part], { tile, part }] as const)));
  const found = new Map<ManifestTile, Map<TilePart, Buffer>>();
  const waiting = new Set(tiles);
  const path = join(root, shard);
  const stream = createReadStream(path);
  const tar = extract();
  stream.on('error', (error) => tar.destroy(error));
  stream.pipe(tar);
  let failure: SegtileError | undefined;
  try {
    for await (const entry of tar) {
      throwIfAborted(signal);
      const want = wanted.get(`${shard}/${entry.header.name}`);
      if (want === undefined) {
        entry.resume();
        continue;
      }
      const chunks: Buffer[] = [];
      for await (const chunk of entry) chunks.push(chunk as Buffer);
      const files = found.get(want.tile) ?? new Map<TilePart, Buffer>();
      files.set(want.part, Buffer.concat(chunks));
      found.set(want.tile, files);
      if (files.size < parts.length) continue;
      waiting.delete(want.tile);
      found.delete(want.tile);
      yield { tile: want.tile, files };
    }
  } catch (error) {
    throwIfAborted(signal);
    failure = unreadable(path, error);
  } finally {
    stream.destroy();
    tar.destroy();
  }
  for (const tile of waiting) {
    const missing = parts.find((part) => !found.get(tile)?.has(part))!;
    const why = failure ?? new SegtileError('input', `${join(root, tile[missing])} is missing`, 'pack the dataset again');
    yield { tile, error: why };
  }
}

function unreadable(path: string, error: unknown): SegtileError {
  const gone = (error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';
  const message = gone ? `${path} is missing` : `${path} cannot be read: ${reason(error)}`;
  return new SegtileError('input', message, 'paths in a manifest are relative to the folder of the manifest', error);
}
