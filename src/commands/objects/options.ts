import type { Command, Option } from 'commander';
import type { ObjectType } from '../../objects/formats/geojson.js';
import { addListOption } from '../options/list-option.js';
import { option } from '../options/option.js';
import {
  anyText,
  length,
  measures,
  micronsPerPixel,
  objectFormats,
  positiveNumber,
  size,
  thresholds,
  word,
} from '../options/parse.js';

/** The option `--objects`: the formats in which objects are written. `what` is the start of its help text. */
export function objectsOption(what: string): Option {
  return option(
    '--objects <formats>',
    `${what}: geojson, geojson.gz, csv, parquet, imagescope (XML), with commas between them`,
    objectFormats,
  );
}

/** The option `--object-type`: the type of the outlines in QuPath. */
export function objectTypeOption(): Option {
  return option(
    '--object-type <type>',
    'type of the outlines in QuPath: annotation, or detection, which is lighter for thousands of them',
    word<ObjectType>('annotation', 'detection'),
    'annotation',
  );
}

/** The option `--measure`: what is measured over the slide's pixels in each object. */
export function measureOption(): Option {
  return option(
    '--measure <what>',
    "mean and deviation over each object: intensity (of the slide's channels), hematoxylin-eosin or hematoxylin-dab (of the optical density of both stains); several with commas between them",
    measures,
  );
}

/** Adds the options that change objects and add an image of them to a command. */
export function addObjectChanges(command: Command): Command {
  return command
    .option(
      '--instances',
      'also write <name>.instances.tif, whose pixels have the number of their object: 16-bit, or 32-bit if there are more than 65,535',
    )
    .addOption(
      option(
        '--simplify <length>',
        'straighten outlines within 0.5px or more (pixels of the mask), or 2um; neighbours keep common edges',
        length,
      ),
    )
    .addOption(
      option(
        '--split-touching <how>',
        'separate objects that touch: watershed, on the distance to their border',
        word('watershed'),
      ),
    )
    .addOption(
      option(
        '--seed-distance <um>',
        'parts that lie more than this many micrometres inside a border are seeds; each seed becomes an object',
        positiveNumber,
      ),
    );
}

/** Adds the options of submissions to contests to a command. */
export function addSubmissionOptions(command: Command): Command {
  return command
    .addOption(
      option(
        '--submission <file>',
        'also write <name>.submission.*, and add its rows to this file for all slides: .csv as for HuBMAP, or .json as for COCO',
        anyText,
      ),
    )
    .addOption(
      option(
        '--submission-ids <what>',
        'rows of a CSV if there are several classes: slide (one row for all), or class (a row for each, with the id slide_class)',
        word('slide', 'class'),
      ),
    )
    .addOption(
      option(
        '--rle <order>',
        'order of pixels in the runs of a CSV: columns (down each column, as for HuBMAP), or rows (default: columns)',
        word('columns', 'rows'),
      ),
    );
}

/** Adds the arguments and options of `segtile objects` to a command. */
export function addObjectsOptions(command: Command): Command {
  return addOutput(addSubmissionOptions(addObjectChanges(addFirst(command))));
}

function addFirst(command: Command): Command {
  return addListOption(command, 'slide (the mask), output')
    .description('Find the objects in masks: their outlines for QuPath, and what they measure.')
    .argument(
      '[mask...]',
      'label masks of segtile or others, TIFF or PNG, or probabilities that segtile wrote; folders and quoted patterns',
    )
    .addOption(objectsOption('what objects are written as').default(['geojson'], 'geojson'))
    .addOption(objectTypeOption())
    .addOption(measureOption())
    .addOption(option('--slide <file>', 'the slide that is measured (default: from the record beside a mask)', anyText))
    .addOption(
      option('--classes <json>', 'what the values of a mask mean if it does not say so itself, as for make-dataset', anyText),
    )
    .addOption(
      option(
        '--slide-size <WxH>',
        'size of the slides at level 0 in px, in which coordinates are written (default: from the record beside a mask, else the size of the mask)',
        size,
      ),
    )
    .addOption(option('--slide-mpp <um>', 'micrometres per level-0 pixel (default: from the mask)', micronsPerPixel))
    .addOption(
      option(
        '--threshold <p>',
        'threshold of probabilities: one for all, one a class, or a JSON file (default: from the model)',
        thresholds,
      ),
    );
}

function addOutput(command: Command): Command {
  return command
    .addOption(option('-o, --output <folder>', 'where the files go', anyText, 'segtile-out'))
    .option('--overwrite', 'replace results that are there already')
    .option('--json', 'one line of JSON a mask on standard output')
    .option('--quiet', 'no progress and no notes')
    .addHelpText('after', examples);
}

const examples = `
Examples:
  segtile objects segtile-out/kidney.mask.ome.tif
  segtile objects nuclei.mask.ome.tif --objects geojson.gz,csv,parquet \\
    --object-type detection
  segtile objects labels.png --classes classes.json --slide-mpp 0.5 -o objects`;
