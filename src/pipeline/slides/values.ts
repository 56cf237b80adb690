import type { SlideOptions } from '../../slide/tiff.js';
import { type Beside, REGIONS } from '../../truth/match.js';
import type { RegionFile } from '../../truth/region.js';
import { readSlideFlags, type SlideFlags } from '../prepare/slide-flags.js';
import type { TissueFlags } from '../tissue/network-tissue.js';
import { type RoiFlags, requireRegion, tissueOf } from '../tissue/region-flags.js';
import type { TissueChoice } from '../tissue/tissue.js';
import type { SlideRequest } from './request.js';
import { placedTruths } from './truths.js';

/** The values for one slide: from a list, otherwise from flags. */
export interface SlideValues extends SlideOptions {
  readonly tissue: TissueChoice;
  readonly roi: RegionFile | undefined;
}

/**
 * The values for each slide. Values that a list gives for a slide override the flags, which apply to all slides.
 *
 * @returns one for each request, in their order
 * @throws {SegtileError} as `readSlideFlags`, `tissueOf`, `requireRegion` and `placedTruths`, for the slides without
 *   values in a list
 */
export async function slideValues(
  options: SlideFlags & RoiFlags & TissueFlags & { readonly tissue: string },
  requests: readonly SlideRequest[],
): Promise<readonly SlideValues[]> {
  const flagsOf = await readSlideFlags(
    options,
    requests.filter(isSound).map(({ path }) => path),
  );
  const tissues = await tissueFiles(options.tissue, options, requests);
  const regions = await regionFiles(options, requests);
  return requests.map((request) => ({
    ...flagsOf(request.path),
    ...(request.mpp !== undefined && { mpp: { x: request.mpp, y: request.mpp, source: '--from' } }),
    tissue: tissues(request),
    roi: regions(request),
  }));
}

/** Whether the command can work on a slide. Only then flags are looked up for it. */
function isSound({ problem }: SlideRequest): boolean {
  return problem === undefined;
}

async function tissueFiles(
  given: string,
  flags: TissueFlags,
  requests: readonly SlideRequest[],
): Promise<(request: SlideRequest) => TissueChoice> {
  const choice = tissueOf(given, flags);
  const others = requests.filter((each) => isSound(each) && each.tissue === undefined);
  const files = choice.kind === 'file' ? await filesBeside(others, choice.path, REGIONS.tissue) : undefined;
  return (request) => {
    if (request.tissue !== undefined) return tissueOf(request.tissue, flags);
    const path = files?.get(request);
    return path === undefined ? choice : { kind: 'file', path };
  };
}

async function regionFiles(
  flags: RoiFlags,
  requests: readonly SlideRequest[],
): Promise<(request: SlideRequest) => RegionFile | undefined> {
  const { roi, roiClass: within, excludeClass: exclude } = flags;
  const others = requests.filter((each) => isSound(each) && each.roi === undefined);
  if (others.length === requests.length) requireRegion(flags);
  const files = roi === undefined ? undefined : await filesBeside(others, roi, REGIONS.roi);
  return (request) => {
    const path = request.roi ?? files?.get(request);
    if (path === undefined) return undefined;
    return { path, within, exclude, option: request.roi === undefined ? '--roi' : '--from' };
  };
}

async function filesBeside(
  requests: readonly SlideRequest[],
  given: string,
  beside: Beside,
): Promise<ReadonlyMap<SlideRequest, string>> {
  if (requests.length === 0) return new Map();
  const pairs = await placedTruths(requests, given, beside);
  return new Map(requests.map((request, i) => [request, pairs[i]!.truth]));
}
