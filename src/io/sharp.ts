import { createRequire } from 'node:module';
import type { default as Library, Sharp, SharpInput, SharpOptions } from 'sharp';
import { reason, SegtileError } from '../errors.js';

let loaded: typeof Library | undefined;

/**
 * The sharp library. It is loaded when it is first used: that takes 50 to 85 ms of processor time, and most threads of a run
 * decode nothing. It is not loaded by an import: the packages that it depends on are CommonJS, and before an import Node searches
 * all of their files for exports, which takes as long as loading them.
 *
 * @throws {SegtileError} `unsupported` if it cannot be loaded: an error of its own, as those who decode take others for damage
 */
function library(): typeof Library {
  if (loaded === undefined) {
    try {
      loaded = createRequire(import.meta.url)('sharp') as typeof Library;
    } catch (cause) {
      const [why] = reason(cause).trim().split('\n');
      const hint = 'install segtile again, with optional packages: npm install --include=optional';
      throw new SegtileError('unsupported', `sharp, which decodes and writes pictures, cannot be loaded: ${why}`, hint, cause);
    }
    // A pass decodes every block once, so sharp's cache of finished work would only take memory.
    loaded.cache(false);
  }
  return loaded;
}

/**
 * Starts to work on an image, as sharp's own function does.
 *
 * @throws {SegtileError} `unsupported` if sharp cannot be loaded
 */
export const sharp: StartSharp = (...input: unknown[]) => (library() as (...input: unknown[]) => Sharp)(...input);

interface StartSharp {
  (options?: SharpOptions): Sharp;
  (input?: SharpInput | SharpInput[], options?: SharpOptions): Sharp;
}

/**
 * The version of libvips; undefined if sharp does not say.
 *
 * @throws {SegtileError} `unsupported` if sharp cannot be loaded
 */
export function libvipsVersion(): string | undefined {
  return library().versions.vips;
}
