import { createRequire } from 'node:module';
import type { default as Sharp } from 'sharp';

/**
 * The sharp library. It is not loaded by an import: the packages that it depends on are CommonJS, and before an import
 * Node searches all of their files for exports, which takes as long as loading them.
 */
export const sharp: typeof Sharp = createRequire(import.meta.url)('sharp');

// A pass decodes every block once, so sharp's cache of finished work would only take memory.
sharp.cache(false);
