import { setImmediate } from 'node:timers/promises';
import { throwIfAborted } from '../../errors.js';
import { autoTissue } from '../../plan/tissue/auto-tissue.js';
import { type Background, findBackground } from '../../plan/tissue/background.js';
import { type Percentiles, percentilesOf, stretchedRgb } from '../../plan/tissue/percentiles.js';
import { look } from '../../plan/tissue/seen.js';
import { GIVEN } from '../../slide/range.js';
import type { Slide } from '../../slide/slide.js';
import { readWhole } from '../../slide/view/overview.js';
import type { Pixels } from '../../types.js';
import type { FoundTissue, TissueFacts } from './found-tissue.js';

/**
 * Finds tissue as everything that does not look like the background of a slide. A slide with one channel, or with more
 * than 8 bits, is examined with its own contrast, unless the user gave black and white by `--range`.
 *
 * @param overview the slide at low resolution, as 8-bit RGB
 */
export async function autoMask(slide: Slide, overview: Pixels, signal: AbortSignal): Promise<FoundTissue> {
  const stretched = await ownContrast(slide, overview, signal);
  // Done in steps with pauses, so that workers can start and the user can stop the run.
  const seen = look(stretched?.pixels ?? overview);
  await turnOfOthers(signal);
  const background = findBackground(seen);
  await turnOfOthers(signal);
  const mask = autoTissue(seen, background);
  const facts: TissueFacts = {
    method: 'auto',
    ...factsOf(background),
    ...(stretched && { stretchedFrom: stretched.ends.least, stretchedTo: stretched.ends.most }),
  };
  return { mask, facts, warnings: warningsOf(background, mask) };
}

/** Pauses so that other pending work can run. Throws when the signal has fired. */
export async function turnOfOthers(signal: AbortSignal): Promise<void> {
  await setImmediate();
  throwIfAborted(signal);
}

async function ownContrast(
  slide: Slide,
  { width, height }: Pixels,
  signal: AbortSignal,
): Promise<{ readonly pixels: Pixels; readonly ends: Percentiles } | undefined> {
  if (slide.stored === undefined || slide.range?.source === GIVEN) return undefined;
  const samples = await readWhole(slide, slide.stored.read, Math.max(width, height), signal);
  const ends = percentilesOf(samples.data);
  return ends && { pixels: stretchedRgb(samples, ends, slide.stored.whiteIsZero), ends };
}

function factsOf(background: Background): TissueFacts {
  const { kind } = background;
  if (kind === 'glass') {
    const { color, atMost, saturation } = background;
    return { background: kind, glass: color, brightnessAtMost: atMost, saturationAbove: saturation };
  }
  if (kind === 'dark field')
    return { background: kind, backgroundBrightness: background.level, brightnessAbove: background.above };
  return { background: kind, reason: background.reason };
}

function warningsOf(background: Background, mask: Uint8Array): string[] {
  if (background.kind === 'neither') {
    return [
      `nothing in this slide looks like glass or dark background (${background.reason}): every window is run; --tissue FILE restricts it`,
    ];
  }
  if (mask.includes(1)) return [];
  const what = background.kind === 'glass' ? 'glass' : 'dark background';
  return [`everything looks like ${what}: no window is run; --tissue none runs all`];
}
