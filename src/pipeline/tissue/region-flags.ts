import { existsSync } from 'node:fs';
import { SegtileError } from '../../errors.js';
import { matchTruths, REGIONS, slideName } from '../../truth/match.js';
import type { RegionFile } from '../../truth/region.js';
import { type TissueFlags, tissueNetwork } from './network-tissue.js';
import type { TissueChoice } from './tissue.js';

/** The flags of a region of interest, parsed. */
export interface RoiFlags {
  readonly roi?: string;
  readonly roiClass?: readonly string[];
  readonly excludeClass?: readonly string[];
}

/** The regions of interest that were given, by slide. */
export interface RegionFiles {
  /** The region of a slide, given the slide's path. */
  of(slide: string): RegionFile | undefined;
  /** The paths of all files. */
  readonly paths: readonly string[];
}

/**
 * Finds the region file of each slide.
 *
 * @param nameOf the name of a slide, if it is not the name of its file
 * @throws {SegtileError} `usage` if classes are named without a region; `input` if a slide has no region, or one file
 *   belongs to several slides
 */
export async function readRoi(
  flags: RoiFlags,
  slides: readonly string[],
  nameOf: (slide: string) => string = slideName,
): Promise<RegionFiles> {
  requireRegion(flags);
  const { roi, roiClass, excludeClass } = flags;
  if (roi === undefined) return { of: () => undefined, paths: [] };
  const pairs = await matchTruths(slides, roi, nameOf, REGIONS.roi);
  const files = new Map(pairs.map(({ slide, truth }) => [slide, truth]));
  return {
    of: (slide) => ({ path: files.get(slide)!, within: roiClass, exclude: excludeClass, option: '--roi' }),
    paths: [...files.values()],
  };
}

/**
 * Checks that a region is given if classes of a region are named.
 *
 * @throws {SegtileError} `usage` if there is no region
 */
export function requireRegion({ roi, roiClass, excludeClass }: RoiFlags): void {
  const given = roiClass !== undefined ? '--roi-class' : excludeClass !== undefined ? '--exclude-class' : undefined;
  if (roi !== undefined || given === undefined) return;
  throw new SegtileError('usage', `${given} names classes of a region, but no region is given`, 'give the region with --roi');
}

/**
 * Parses the value of `--tissue`.
 *
 * @param flags which classes of a network are tissue, and the device that it runs on
 * @throws {SegtileError} `usage` for a text that is neither a method nor the name of a mask or network, and for classes
 *   without a network
 */
export function tissueOf(given: string, flags: TissueFlags): TissueChoice {
  const isNetwork = /\.onnx$/i.test(given);
  const classes = flags.tissueClass ? '--tissue-class' : flags.artefactClass ? '--artefact-class' : undefined;
  if (classes !== undefined && !isNetwork)
    throw new SegtileError(
      'usage',
      `${classes} names classes of a network, but --tissue is ${given}`,
      'give a network: --tissue model.onnx',
    );
  if (isNetwork) return { kind: 'network', path: given, judge: tissueNetwork(given, flags) };
  if (given === 'auto' || given === 'otsu' || given === 'hubmap' || given === 'none') return { kind: given };
  if (/\.((geo)?json|csv)(\.gz|\.zip)?$|\.(png|jpe?g|tiff?|zip|xml|annotations)$/i.test(given) || existsSync(given))
    return { kind: 'file', path: given };
  throw new SegtileError(
    'usage',
    `expected auto, otsu, hubmap, none, a mask file or a network for --tissue but got "${given}"`,
    'a network is an .onnx file; a mask is an image (.png, .tif) or GeoJSON (.geojson, .json) of the whole slide, or a folder of them',
  );
}
