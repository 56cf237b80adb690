import type { SlideOptions } from '../../slide/tiff.js';
import type { RegionFile } from '../../truth/region.js';
import { readSlideFlags, type SlideFlags } from '../prepare/slide-flags.js';
import type { TissueFlags } from '../tissue/network-tissue.js';
import { type RoiFlags, readRoi, readTissue, tissueOf } from '../tissue/region-flags.js';
import type { TissueChoice } from '../tissue/tissue.js';
import type { SlideRequest } from './request.js';

/** What is said of one slide: by a list, else by flags. */
export interface SlideValues extends SlideOptions {
  readonly tissue: TissueChoice;
  readonly roi: RegionFile | undefined;
}

/**
 * What is said of each slide. What a list says of a slide alone beats the flags, which are said of all.
 *
 * @returns one for each request, in their order
 * @throws {SegtileError} as `readSlideFlags`, `readTissue` and `readRoi`, for the slides of which the list says nothing
 */
export async function slideValues(
  options: SlideFlags & RoiFlags & TissueFlags & { readonly tissue: string },
  requests: readonly SlideRequest[],
): Promise<readonly SlideValues[]> {
  const flagsOf = await readSlideFlags(options, pathsWithout(requests, undefined));
  const tissue = await readTissue(options.tissue, options, pathsWithout(requests, 'tissue'));
  const roi = await readRoi(
    options,
    pathsWithout(requests, 'roi'),
    undefined,
    requests.some((each) => each.roi !== undefined),
  );
  return requests.map((request) => ({
    ...flagsOf(request.path),
    ...(request.mpp !== undefined && { mpp: { x: request.mpp, y: request.mpp, source: '--from' } }),
    tissue: request.tissue === undefined ? tissue(request.path) : tissueOf(request.tissue, options),
    roi: request.roi === undefined ? roi.of(request.path) : regionOf(request.roi, options),
  }));
}

/** Of the slides that can be worked on, those of which a list does not say something. */
function pathsWithout(requests: readonly SlideRequest[], column: 'tissue' | 'roi' | undefined): string[] {
  return requests.flatMap((each) =>
    each.problem === undefined && (column === undefined || each[column] === undefined) ? [each.path] : [],
  );
}

function regionOf(path: string, { roiClass, excludeClass }: RoiFlags): RegionFile {
  return { path, within: roiClass, exclude: excludeClass, option: '--from' };
}
