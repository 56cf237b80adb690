import type { Command } from 'commander';
import { SegtileError } from '../../errors.js';
import type { CompareOptions, Tiling } from '../../pipeline/compare/options.js';
import type { Tolerance } from '../../pipeline/evaluate/evaluate-mask.js';
import { blends } from '../../plan/windows/blend.js';
import { ttas } from '../../plan/windows/symmetry.js';
import { addListOption } from '../options/list-option.js';
import { collect, option } from '../options/option.js';
import {
  anyText,
  device,
  length,
  list,
  micronsPerPixel,
  type Parser,
  range,
  size,
  thresholds,
  wholeNumber,
  word,
} from '../options/parse.js';
import { addRoiOptions, addTissueOptions } from '../options/region-options.js';

const PIXELS_4: Tolerance = { value: 4, unit: 'px' };

/** Makes a parser of values with commas between them; `parser` parses each value. */
function each<T>(parser: Parser<T>): Parser<readonly T[]> {
  return (given, name) => given.split(',').map((part) => parser(part.trim(), name));
}

/**
 * A list such as `0.3,0.5,0.7` gives thresholds to compare, each for all classes. Anything else is one setting that all
 * variants share.
 */
const comparedThresholds: Parser<CompareOptions['threshold']> = (given, name) => {
  if (!given.includes(',') || given.includes('=')) return thresholds(given, name);
  return each(thresholds)(given, name).map((one) => {
    if (typeof one === 'number') return one;
    throw new SegtileError(
      'usage',
      `expected probabilities for ${name} but got "${given}"`,
      'give thresholds to compare, such as 0.3,0.5,0.7, or one for each class, such as tumor=0.6,stroma=0.45',
    );
  });
};

/** Windows with their strides, in working px: `512/256,1024/512`. Without a stride, it is half the window. */
const tilings: Parser<readonly Tiling[]> = each((part, name) => {
  const [window, stride] = part.split('/');
  const side = size(window ?? '', name);
  const half = { width: Math.max(1, Math.floor(side.width / 2)), height: Math.max(1, Math.floor(side.height / 2)) };
  return { window: side, stride: stride === undefined ? half : size(stride, name) };
});

/** Adds the arguments and options of `segtile compare` to a command. */
export function addCompareOptions(command: Command): Command {
  const shared = addTissueOptions(addShared(addListOption(command, 'slide, mpp, roi')));
  return addTried(addRoiOptions(shared, 'regions that are looked at and count'));
}

function addShared(command: Command): Command {
  return command
    .description('Compare ways to segment slides whose truth is known, shrunk or tiled: how good each is, and what it costs.')
    .argument('[slide...]', 'TIFF, SVS, PNG or JPEG files, folders, quoted patterns')
    .optionsGroup('Truth and model:')
    .addOption(
      option(
        '--truth <path>',
        'label image, GeoJSON, COCO, XML of ImageScope or Halo, or CSV of runs; a folder of them; or a CSV: slide, truth',
        anyText,
      ),
    )
    .addOption(
      option('--classes <json>', "which names, values and colours of the truth are which of the model's classes", anyText),
    )
    .option('-m, --model <file>', 'an ONNX model, or the name of a bundled one; several are an ensemble', collect)
    .addOption(option('--card <file>', 'the card of the model, if it does not lie beside it', anyText))
    .addOption(option('--device <name>', 'as for infer', device))
    .addOption(option('--workers <n>', 'as for infer', wholeNumber(1)))
    .addOption(option('--mpp <um>', 'as for infer, where slides are tiled', micronsPerPixel))
    .addOption(option('--slide-mpp <um>', 'as for infer', micronsPerPixel))
    .addOption(option('--slide-mpp-csv <file>', 'as for infer', anyText))
    .addOption(option('--channels <list>', 'as for infer', list))
    .addOption(option('--range <low,high>', 'as for infer', range));
}

function addTried(command: Command): Command {
  return command
    .optionsGroup('What is tried, in all combinations (lengths in working pixels):')
    .addOption(
      option('--resize <px,...>', 'the whole slide shrunk until its longer side has this many px', each(wholeNumber(1))),
    )
    .addOption(option('--tile <window/stride,...>', 'windows and strides, such as 512/256,1024/512', tilings))
    .addOption(option('--plan <how,...>', 'plans, as for infer: dense,auto', each(word('dense', 'auto'))))
    .addOption(option('--margin <px,...>', 'margins', each(wholeNumber(0))))
    .addOption(option('--blend <how,...>', 'blends', each(word(...blends))))
    .addOption(option('--tta <how,...>', 'augmentations', each(word(...ttas))))
    .addOption(option('--tissue <how,...>', 'ways to find tissue, networks among them', list))
    .addOption(option('--gate <file:class=p,...>', 'gates, as for infer, or none: none,a.onnx:0.1,a.onnx:0.3', list))
    .addOption(
      option(
        '--threshold <p,...>',
        'thresholds to compare, such as 0.3,0.5,0.7 (the model runs once for all); or one setting, as for infer',
        comparedThresholds,
      ),
    )
    .addOption(option('--variants <yaml>', 'a file of variants, each with a name and any options of infer', anyText))
    .optionsGroup('Output:')
    .addOption(option('-o, --output <folder>', 'where masks, scores and the report go', anyText, 'segtile-compare'))
    .addOption(
      option(
        '--tolerance <length>',
        'how far apart borders may be for the boundary F-score: 4px of the mask, or 2um',
        length,
      ).default(PIXELS_4, '4px'),
    )
    .addOption(
      option('--regions <n>', 'how many of the regions where variants differ most the report shows', wholeNumber(0), 6),
    )
    .option('--no-report', 'write no report.html')
    .addOption(
      option('--history <file>', 'add a line about each run to this file (default: runs.jsonl in the output folder)', anyText),
    )
    .option('--no-history', 'add nothing to it')
    .option('--overwrite', 'run everything again; otherwise, what is done already is kept')
    .option('--json', 'one line of JSON a variant on standard output')
    .option('--quiet', 'no progress and no notes')
    .addHelpText('after', examples);
}

const examples = `
Examples:
  segtile compare kidney.tif --truth kidney.truth.tif -m kidney \\
    --resize 512,1024 --tile 512/256,512/384
  segtile compare *.svs --truth truth/ -m tumor.onnx --variants variants.yaml`;
