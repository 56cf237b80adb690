import type { Command } from 'commander';
import { forms } from '../../dataset/layout.js';
import { samplers } from '../../plan/sampling/sampling.js';
import { DEFAULT_TISSUE } from '../../plan/tissue/tissue.js';
import { addListOption } from '../options/list-option.js';
import { option } from '../options/option.js';
import { anyText, micronsPerPixel, type Parser, positiveNumber, share, size, wholeNumber, word } from '../options/parse.js';
import { addRoiOptions, addTissueOptions, TISSUE_WAYS } from '../options/region-options.js';
import { addSlideOptions } from '../options/slide-options.js';
import { mix, parts, samplerList, tilesByClass } from './parse.js';

/** Quality of a JPEG, 1 to 100. */
const quality: Parser<number> = (value, name) => wholeNumber(1)(Number(value) > 100 ? `${value} (at most 100)` : value, name);

/** Adds the arguments and options of `segtile make-dataset` to a command. */
export function addMakeDatasetOptions(command: Command): Command {
  return addTiles(
    addRoiOptions(
      addTissueOptions(addSampling(addListOption(command, 'slide, mpp, roi, tissue'))),
      'regions that tiles lie in or reach into; labels outside are 255, ignored',
    ),
  );
}

function addSampling(command: Command): Command {
  const cutting = command
    .description('Cut training tiles: slides and their truth in, images, masks and a manifest out.')
    .argument('[slide...]', 'TIFF, SVS, PNG or JPEG files, folders, quoted patterns; none where a CSV names them')
    .optionsGroup('Truth:')
    .addOption(
      option(
        '--truth <path>',
        'label image, GeoJSON, COCO, XML of ImageScope or Halo, or CSV of runs; a folder of them, matched by name; or a CSV: slide, truth, patient',
        anyText,
      ),
    )
    .addOption(option('--classes <json>', 'which names, values and colours are which class', anyText))
    .optionsGroup('Where tiles are (lengths in working pixels):')
    .addOption(option('--window <px>', 'side of a tile, or WIDTHxHEIGHT', size).default({ width: 512, height: 512 }, '512'))
    .addOption(option('--stride <px>', 'step between the windows of a grid (default: a window)', size))
    .addOption(option('--overlap <px|%>', 'what neighbouring windows of a grid share, instead of --stride', anyText))
    .addOption(option('--level <n>', "work on this level of the slide's pyramid (default: 0)", wholeNumber(0)))
    .addOption(option('--mpp <um>', 'work at this many micrometres per pixel', micronsPerPixel))
    .addOption(option('--downsample <factor>', 'work at level 0 shrunk by this factor', positiveNumber));
  return addSlideOptions(cutting, 'channels that are the picture: three, or one in grey; numbers from 0, or names')
    .optionsGroup('Sampling:')
    .addOption(option('--sample <names>', `one or several of ${samplers.join(', ')} (default: grid)`, samplerList))
    .addOption(option('--mix <shares>', 'samplers with shares of --count: positive=0.5,random=0.5', mix))
    .addOption(option('--count <n>', 'most tiles from a slide (default: all of a grid)', wholeNumber(1)))
    .addOption(
      option('--max-per-class <n>', 'most tiles from a slide by their main class: tumor=200,background=50', tilesByClass),
    )
    .addOption(
      option(
        '--tissue <how>',
        `which windows hold tissue, as for infer: ${TISSUE_WAYS}; none keeps glass`,
        anyText,
        DEFAULT_TISSUE,
      ),
    )
    .addOption(
      option(
        '--min-tissue <share>',
        'least share of a tile that is tissue, unless it holds a class (default: any, or the rule of hubmap)',
        share,
      ),
    );
}

function addTiles(command: Command): Command {
  return command
    .addOption(option('--tries <n>', 'how many times at most a window is drawn to find one to keep', wholeNumber(1), 50))
    .addOption(option('--seed <n>', 'the same seed gives the same tiles', wholeNumber(0), 0))
    .optionsGroup('Splits:')
    .addOption(
      option('--split <shares>', 'parts and their shares, such as train=0.7,val=0.15,test=0.15', parts).default(
        [{ name: 'train', share: 1 }],
        'train=1',
      ),
    )
    .addOption(option('--folds <k>', 'folds for cross-validation, of all that is not test', wholeNumber(1), 1))
    .addOption(
      option(
        '--split-by <what>',
        'what stays together: slide, patient or region (default: patient where --truth names patients, else slide)',
        word('slide', 'patient', 'region'),
      ),
    )
    .addOption(option('--region <px>', 'side of a region for --split-by region (default: 8 windows)', wholeNumber(1)))
    .addOption(option('--guard <px>', 'least distance between tiles of different parts of one slide', wholeNumber(0), 0))
    .optionsGroup('Augmentation:')
    .addOption(option('--augment <json>', 'add changed copies of training tiles, as a JSON file describes', anyText))
    .optionsGroup('Output:')
    .addOption(option('-o, --output <folder>', 'where the dataset goes', anyText, 'segtile-dataset'))
    .addOption(option('--format <form>', `how the dataset is laid out: ${forms.join(', ')}`, word(...forms), 'folders'))
    .addOption(option('--image <format>', 'how images are kept: png or jpeg; masks are always png', word('png', 'jpeg'), 'png'))
    .addOption(option('--quality <1-100>', 'quality of JPEG images (default: 90)', quality))
    .addOption(option('--shard-size <n>', 'tiles in a shard of webdataset', wholeNumber(1), 1000))
    .addOption(
      option('--preview [n]', 'show n tiles with the outlines of their masks on contact sheets', wholeNumber(1)).preset('24'),
    )
    .option('--resume', 'go on with a dataset that was begun: slides that are done are kept')
    .option('--overwrite', 'replace a dataset that is there already')
    .option('--dry-run', 'show which tiles there would be, and stop')
    .option('--json', 'one line of JSON a slide, and one for the dataset, on standard output')
    .option('--quiet', 'no progress and no notes');
}
