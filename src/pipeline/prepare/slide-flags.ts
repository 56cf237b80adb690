import { reason, SegtileError } from '../../errors.js';
import { readRegularText } from '../../io/regular-file.js';
import type { SlideOptions } from '../../slide/tiff.js';

/** The flags about the slides themselves, parsed. */
export interface SlideFlags {
  readonly slideMpp?: number;
  readonly slideMppCsv?: string;
  readonly channels?: readonly string[];
  readonly range?: readonly [least: number, most: number];
}

/**
 * The slide options from flags, for each slide. A line in the CSV overrides the value for all slides.
 *
 * @param slides all slides of the command
 * @returns a function that gives the options of a slide by its path
 * @throws {SegtileError} `input` if the CSV cannot be read, is not valid, or lists a file that is not one of the slides
 */
export async function readSlideFlags(
  { slideMpp, slideMppCsv, channels, range }: SlideFlags,
  slides: readonly string[],
): Promise<(slide: string) => SlideOptions> {
  if (slideMppCsv === undefined) return () => ({ mpp: slideMpp, channels, range });
  const text = await readRegularText(slideMppCsv).catch((cause: unknown) => {
    const hint = 'give a CSV with a line for each slide, such as slide-1.svs,0.25';
    throw new SegtileError('input', `--slide-mpp-csv ${slideMppCsv} cannot be read: ${reason(cause)}`, hint, cause);
  });
  const { lookUpMpp, parseMppCsv, requireMatched } = await import('../../slide/mpp/mpp-csv.js');
  const table = parseMppCsv(text, slideMppCsv);
  requireMatched(table, slideMppCsv, slides);
  return (slide) => ({ mpp: lookUpMpp(table, slide) ?? slideMpp, channels, range });
}
