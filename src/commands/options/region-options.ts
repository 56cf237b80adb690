import type { Command } from 'commander';
import { option } from './option.js';
import { anyText, list } from './parse.js';

/** The values of `--tissue`, for its help. */
export const TISSUE_WAYS =
  'auto, otsu, hubmap, none, or a mask (TIFF, PNG), GeoJSON, a folder or CSV of them by slide, or a network (.onnx)';

/** Adds the options of a network that finds tissue to a command. */
export function addTissueOptions(command: Command): Command {
  return command
    .addOption(
      option('--tissue-class <names>', 'classes of the network of --tissue that are tissue (default: its only one)', list),
    )
    .addOption(
      option(
        '--artefact-class <names>',
        'classes of that network that are not tissue, such as pen,fold; without --tissue-class they are cut out of what auto finds',
        list,
      ),
    );
}

/**
 * Adds the options of a region of interest to a command. `what` is the start of the help of `--roi`: the effect of the
 * region.
 */
export function addRoiOptions(command: Command, what: string): Command {
  return command
    .addOption(
      option(
        '--roi <path>',
        `${what}: a mask, GeoJSON, COCO, XML of ImageScope or Halo, or CSV of runs, or a folder or CSV of them by slide`,
        anyText,
      ),
    )
    .addOption(option('--roi-class <names>', 'the region consists of these classes: tumour,Region* (default: all)', list))
    .addOption(
      option('--exclude-class <names>', 'these classes are cut out of the region, as Ignore* of QuPath always is', list),
    );
}
