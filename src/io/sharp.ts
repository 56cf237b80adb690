import { createRequire } from 'node:module';
import type { default as Library, Sharp, SharpInput, SharpOptions } from 'sharp';

let loaded: typeof Library | undefined;

/**
 * The sharp library. It is loaded when it is first used, as it takes as long as all else that a thread loads, and most threads
 * of a run decode nothing. It is not loaded by an import: the packages that it depends on are CommonJS, and before an import
 * Node searches all of their files for exports, which takes as long as loading them.
 */
function library(): typeof Library {
  if (loaded === undefined) {
    loaded = createRequire(import.meta.url)('sharp') as typeof Library;
    // A pass decodes every block once, so sharp's cache of finished work would only take memory.
    loaded.cache(false);
  }
  return loaded;
}

/** Starts to work on an image, as sharp's own function does. */
export const sharp: StartSharp = (...input: unknown[]) => (library() as (...input: unknown[]) => Sharp)(...input);

interface StartSharp {
  (options?: SharpOptions): Sharp;
  (input?: SharpInput | SharpInput[], options?: SharpOptions): Sharp;
}

/** The version of libvips; undefined if sharp does not say. */
export function libvipsVersion(): string | undefined {
  return library().versions.vips;
}
