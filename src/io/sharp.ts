import { createRequire } from 'node:module';
import type { default as Sharp } from 'sharp';

/**
 * sharp. Not by an import: the packages that it stands on are CommonJS, and Node reads through all of their files for what they export
 * before it imports one, which takes as long as loading them does.
 */
export const sharp: typeof Sharp = createRequire(import.meta.url)('sharp');

// Every block is decoded once in a pass: what sharp remembers of finished work would only hold memory.
sharp.cache(false);
