import { createHash } from 'node:crypto';
import { basename, dirname, join, resolve } from 'node:path';
import { readRegularText } from '../../io/regular-file.js';
import { listOf, number, objectOf, readIfShape, text } from '../../plan/text/shape.js';

/** The folder in the output of a comparison that holds a folder for each variant. */
export const VARIANTS = 'variants';

/**
 * The folder name of a variant: letters, digits and a few other characters of its name, plus part of a hash that makes
 * it unique.
 */
export function variantFolder(name: string): string {
  const readable = name
    .replace(/[^A-Za-z0-9.]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 60);
  return `${readable}-${createHash('sha256').update(name).digest('hex').slice(0, 6)}`;
}

/** A variant of a finished comparison. */
export interface ComparedVariant {
  readonly name: string;
  /** Its mean Dice over all slides. */
  readonly dice: number;
}

const recorded = objectOf({ variants: listOf(objectOf({ variant: text, dice: number })) });

/**
 * The variant whose results a folder holds; undefined if it is no folder of a finished comparison, and null if the
 * comparison made it for several variants.
 */
export async function variantIn(folder: string): Promise<ComparedVariant | null | undefined> {
  const at = resolve(folder);
  if (basename(dirname(at)) !== VARIANTS) return undefined;
  const json = await readRegularText(join(at, '..', '..', 'compare.json')).catch(() => undefined);
  const found = json === undefined ? undefined : readIfShape(json, recorded);
  if (found === undefined) return undefined;
  const own = found.variants.find(({ variant }) => variantFolder(variant) === basename(at));
  return own ? { name: own.variant, dice: own.dice } : null;
}
