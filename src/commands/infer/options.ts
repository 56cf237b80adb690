import type { Command } from 'commander';
import { DEFAULT_TISSUE } from '../../plan/tissue/tissue.js';
import { borders, placements } from '../../plan/windows/axis.js';
import { blends } from '../../plan/windows/blend.js';
import { ttas } from '../../plan/windows/symmetry.js';
import { addObjectChanges, addSubmissionOptions, measureOption, objectsOption, objectTypeOption } from '../objects/options.js';
import { addListOption } from '../options/list-option.js';
import { addCleanUpOptions, addHeatmapOptions, addValueOptions } from '../options/mask-options.js';
import { collect, option } from '../options/option.js';
import {
  anyText,
  batch,
  byteSize,
  device,
  micronsPerPixel,
  positiveNumber,
  scales,
  shard,
  share,
  size,
  thresholds,
  wholeNumber,
  windowScoreFormats,
  word,
  workers,
} from '../options/parse.js';
import { addRoiOptions, addTissueOptions, TISSUE_WAYS } from '../options/region-options.js';
import { addSlideOptions } from '../options/slide-options.js';
import { addCardOptions } from './card-options.js';

/** Adds the arguments and options of `segtile infer` to a command. */
export function addInferOptions(command: Command): Command {
  const first = addFirstOptions(addListOption(command, 'slide, mpp, roi, tissue, output'));
  const placed = addRoiOptions(addTissueOptions(first), 'regions that are looked at; all else is 0 in the mask');
  return addLastOptions(addSubmissionOptions(addObjectChanges(addMoreOptions(placed))));
}

function addFirstOptions(command: Command): Command {
  const looking = command
    .description('Segment slides: run a model on windows, and stitch what it gives to one mask for each slide.')
    .argument('[slide...]', 'TIFF, SVS, PNG or JPEG files, TIFF and SVS also at https:// and s3://; folders; quoted patterns')
    .optionsGroup('Model:')
    .option(
      '-m, --model <file[:weight]>',
      'an ONNX model, a package or a folder of them, or the name of a bundled one; given several times, an ensemble (default: nuclei)',
      collect,
    )
    .addOption(
      option('--device <name>', 'where the model runs: auto, cpu, cuda[:n], tensorrt[:n], webgpu, coreml, dml', device, 'auto'),
    )
    .option('--require-gpu', 'do not let --device auto use the CPU')
    .option('--allow-cpu-nodes', 'let a GPU leave nodes of the model to the CPU')
    .option('--allow-software', 'accept a GPU that is emulated on the CPU')
    .addOption(
      option('--batch <n>', 'windows that go through the model together, or auto: the fastest on a GPU, else 1', batch),
    )
    .addOption(
      option(
        '--score-type <type>',
        'how scores are copied from the device: float32, or uint8, which is exact to 1/510 and a quarter of the bytes',
        word('float32', 'uint8'),
        'float32',
      ),
    )
    .option('--no-verify', 'do not compare a GPU with the CPU before the run')
    .addOption(
      option(
        '--workers <n>',
        'windows that are run at a time, each in a thread of its own (default: the processors that this process may use; on a GPU the fastest of 1 to 3 sessions)',
        workers,
      ),
    )
    .addOption(
      option(
        '--memory <size>',
        'the most memory that a run may take, such as 2GB: a slide that is too wide for it is made in columns, and what does not fit at all is refused (default: half of what the machine or control group has, where columns make it fit; else all)',
        byteSize,
      ),
    )
    .optionsGroup('Where the model looks (lengths in working pixels):')
    .addOption(
      option(
        '--plan <how>',
        'dense: windows overlap by half unless told otherwise; auto: as little as the model allows, which is measured',
        word('dense', 'auto'),
        'dense',
      ),
    )
    .addOption(option('--window <px>', 'side of the window, or WIDTHxHEIGHT (default: from the model, else 1024)', size))
    .addOption(option('--stride <px>', 'step between windows (default: half a window, less where the margin needs it)', size))
    .addOption(option('--overlap <px|%>', 'what neighbouring windows share, instead of --stride', anyText))
    .addOption(
      option(
        '--margin <px>',
        'removed from each side of a prediction (default: from the model, else an eighth of the window, less where the stride needs it)',
        wholeNumber(0),
      ),
    )
    .addOption(
      option(
        '--placement <how>',
        'stride: windows a stride apart, only the last moved back to end at the border; even: as many, equally far apart; aligned: all a stride apart, so that the last reaches over the border; tissue: where tissue is, each run of it from its own edge',
        word(...placements),
        'stride',
      ),
    )
    .addOption(
      option(
        '--border <how>',
        "at the slide's border: keep the outer margins, or mirror the image there",
        word(...borders),
        'keep',
      ),
    )
    .addOption(
      option(
        '--level <n>',
        "work on this level of the slide's pyramid (default: the model's mpp, else level 0)",
        wholeNumber(0),
      ),
    )
    .addOption(option('--mpp <um>', 'work at this many micrometres per pixel', micronsPerPixel))
    .addOption(option('--downsample <factor>', 'work at level 0 shrunk by this factor', positiveNumber));
  return addSlideOptions(looking)
    .addOption(option('--tissue <how>', `which windows hold tissue: ${TISSUE_WAYS}`, anyText, DEFAULT_TISSUE))
    .addOption(
      option('--min-tissue <share>', 'least share of a window that is tissue (default: any, or the rule of hubmap)', share),
    )
    .option(
      '--gate <file:class=p>',
      'another network, such as a classifier: windows in which it finds the class nowhere with p or more are not run, and are background',
      collect,
    )
    .option(
      '--veto <file:class=p>',
      'another network, which can deny a class: the class is dropped in windows where that network finds it nowhere with p or more',
      collect,
    )
    .addOption(
      option(
        '--veto-by <what>',
        'what --veto drops: each window by itself, or, if all windows are denied, the class on the whole slide: window or slide (default: window)',
        word('window', 'slide'),
      ),
    );
}

function addMoreOptions(command: Command): Command {
  const predicting = command
    .optionsGroup('Several passes over every window, averaged:')
    .addOption(
      option(
        '--tta <how>',
        'test-time augmentation: none, hflip, vflip, flips (4 passes) or d4 (8, square windows only)',
        word(...ttas),
        'none',
      ),
    )
    .addOption(
      option('--tta-scales <list>', 'magnifications, such as 0.8,1,1.25: a grid of windows for each', scales).default([1], '1'),
    )
    .optionsGroup('How predictions become a mask:')
    .addOption(option('--blend <how>', `weights of overlapping predictions: ${blends.join(', ')}`, word(...blends), 'gaussian'))
    .addOption(
      option(
        '--blend-space <what>',
        'what is blended: probabilities, or logits',
        word('probabilities', 'logits'),
        'probabilities',
      ),
    )
    .addOption(
      option(
        '--threshold <p>',
        'probability above which a pixel is of a class: one for all, name=p,..., or a .json that a sweep wrote (default: from the model, else 0.5)',
        thresholds,
      ),
    )
    .addOption(
      option(
        '--nan <what>',
        'what to do if the model gives NaN for a window: error, or skip, which leaves the window out as not covered',
        word('error', 'skip'),
        'error',
      ),
    );
  const out = addCleanUpOptions(predicting)
    .optionsGroup('Output:')
    .addOption(
      option(
        '-o, --output <path>',
        'a folder, or for one slide the name of the mask: .tif or .ome.tif',
        anyText,
        'segtile-out',
      ),
    );
  return addHeatmapOptions(addValueOptions(out))
    .addOption(
      option(
        '--probabilities <type>',
        'also write <name>.probabilities.ome.tif, a channel for each class: uint8 (255 p, rounded) or float32',
        word('uint8', 'float32'),
      ),
    )
    .addOption(
      option(
        '--window-scores <formats>',
        'of a classifier, also write <name>.windows.csv as WSInfer has it, or .geojson with tiles for QuPath: csv, geojson, with a comma between them',
        windowScoreFormats,
      ),
    )
    .addOption(objectsOption('also write <name>.objects.*, outlines and measures'))
    .addOption(objectTypeOption())
    .addOption(measureOption());
}

function addLastOptions(command: Command): Command {
  const made = command
    .addOption(
      option(
        '--enlarge <what>',
        'what is enlarged if the mask is finer than the working image: labels (nearest neighbour), or scores (bilinear, which takes longer)',
        word('labels', 'scores'),
        'labels',
      ),
    )
    .addOption(option('--output-mpp <um>', 'micrometres per pixel of the mask (default: as large as level 0)', positiveNumber))
    .option(
      '--report-disagreement',
      'measure how much overlapping windows differ, suggest a margin, and write <name>.disagreement.tif',
    )
    .option(
      '--prove',
      'also run a sample with windows that overlap by half, and say how its labels differ (default: with --plan auto, where that takes at most a tenth of the windows)',
    )
    .option('--no-prove', 'do not')
    .option('--overwrite', 'replace results that are there already')
    .addOption(
      option(
        '--shard <i/n>',
        'do the i-th of n shares of the work: whole slides, or rectangles of each if slides are fewer than shares; auto: take i and n from a Slurm array',
        shard,
      ),
    )
    .option('--shard-rows', 'always share out rectangles of each slide, rows and columns; segtile merge makes the results then')
    .option('--wait', 'wait for slides that another process is working on, and take them over if it ends')
    .option('--no-resume', 'start over where a run was stopped, instead of going on from there')
    .option('--no-preview', 'do not write <name>.preview.jpg')
    .addOption(
      option('--history <file>', 'add a line about each run to this file (default: runs.jsonl beside the masks)', anyText),
    )
    .option('--no-history', 'add nothing to it')
    .option('--report', 'write <name>.report.html as well: what was run, with pictures')
    .option('--dry-run', 'show what would be run, and stop')
    .option('--preview-only', 'the same, and write <name>.plan.jpg, in which skipped parts are hatched')
    .option('--json', 'one line of JSON a slide on standard output')
    .option('--quiet', 'no progress and no notes');
  return addCardOptions(made).addHelpText('after', inferExamples);
}

const inferExamples = `
Examples:
  segtile infer slide.svs --dry-run
  segtile infer slide.svs -m glomeruli.onnx --window 1024 --overlap 50%
  segtile infer *.svs -m tumor.onnx --mpp 0.5 --threshold tumor=0.6 -o masks`;
