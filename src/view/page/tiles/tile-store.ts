import type { TiledImage } from '../../messages.js';
import { deepestLevel, type TilePlace, tileBox } from '../../pyramid.js';
import { tileBytes } from '../api.js';
import { pngBytes } from './png-bytes.js';

/** The values of a tile: planes of `width` × `height` values, one plane after the other. */
export interface TileValues {
  readonly width: number;
  readonly height: number;
  readonly planes: number;
  readonly data: Uint8Array | Float32Array;
}

/** Gives the values of tiles, and holds those that were used most recently. */
export interface TileStore {
  /**
   * The values of a tile.
   *
   * @throws {Error} if the tile cannot be loaded
   */
  get(image: TiledImage, place: TilePlace): Promise<TileValues>;
  /** Stops all requests that have not been answered yet. */
  forget(): void;
}

/** The most bytes of values that are held. */
const MOST = 2 ** 27;

/** Makes a store that loads tiles from the server. */
export function createTileStore(): TileStore {
  const held = new Map<string, Promise<TileValues>>();
  const sizes = new Map<string, number>();
  let bytes = 0;
  let stop = new AbortController();

  function drop(key: string): void {
    held.delete(key);
    bytes -= sizes.get(key) ?? 0;
    sizes.delete(key);
  }

  async function load(image: TiledImage, place: TilePlace, signal: AbortSignal): Promise<TileValues> {
    const { width, height } = tileBox(image, place)!;
    const body = await tileBytes(tileAddress(image, place), signal);
    const data = image.ending === 'f32' ? new Float32Array(body) : (await pngBytes(body)).data;
    return { width, height, planes: data.length / (width * height), data };
  }

  return {
    get(image, place) {
      const key = tileAddress(image, place);
      const found = held.get(key);
      if (found !== undefined) {
        held.delete(key);
        held.set(key, found);
        return found;
      }
      const loading = load(image, place, stop.signal);
      held.set(key, loading);
      loading.then(
        ({ data: { byteLength } }) => {
          if (held.get(key) !== loading) return;
          sizes.set(key, byteLength);
          bytes += byteLength;
          for (const oldest of sizes.keys()) {
            if (bytes <= MOST) break;
            drop(oldest);
          }
        },
        () => held.get(key) === loading && drop(key),
      );
      return loading;
    },
    forget() {
      stop.abort();
      stop = new AbortController();
    },
  };
}

/** The address of a tile on the server, or in a copy. */
export function tileAddress(image: TiledImage, { halvings, column, row }: TilePlace): string {
  const { id, ending, deepZoom } = image;
  if (deepZoom !== undefined) return `${deepZoom}_files/${deepestLevel(image) - halvings}/${column}_${row}.jpeg`;
  return `tiles/${id}/${halvings}/${column}_${row}.${ending}`;
}
