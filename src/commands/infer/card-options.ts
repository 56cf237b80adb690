import type { Command } from 'commander';
import { option } from '../options/option.js';
import { anyText, classList, crop, deviations, means, micronsPerPixel, positiveNumber, word } from '../options/parse.js';

/** Adds the options that say what a model expects and what it gives. */
export function addCardOptions(command: Command): Command {
  return command
    .optionsGroup('What the model expects (overrides its card, <model>.segtile.json):')
    .addOption(option('--card <file>', 'the card of the model, if it does not lie beside it', anyText))
    .addOption(option('--layout <order>', "order of the input's axes: nchw or nhwc", word('nchw', 'nhwc')))
    .addOption(
      option(
        '--color <order>',
        'channels of the input: rgb, bgr or gray, or channels for those of the slide as they are',
        word('rgb', 'bgr', 'gray', 'channels'),
      ),
    )
    .addOption(
      option(
        '--samples <type>',
        'samples that reach the model: uint8, or uint16 or float32 as the slide keeps them (default: uint8)',
        word('uint8', 'uint16', 'float32'),
      ),
    )
    .addOption(
      option(
        '--scale <factor>',
        'multiplies samples, before mean and std (default: what the beginning of the graph needs, else 1/255, for uint16 1/65535, for float32 1)',
        positiveNumber,
      ),
    )
    .addOption(
      option('--mean <list>', 'subtracted from each channel: numbers, or imagenet, inception or clip for their means', means),
    )
    .addOption(
      option('--std <list>', 'divides each channel: numbers, or imagenet, inception or clip for their deviations', deviations),
    )
    .addOption(option('--standardize <scope>', 'window: mean 0 and variance 1 per channel of each window', word('window')))
    .addOption(
      option(
        '--activation <name>',
        "what turns the model's output into probabilities: sigmoid, softmax or none (default: found from the graph and its scores)",
        word('sigmoid', 'softmax', 'none'),
      ),
    )
    .addOption(
      option(
        '--crop <px>',
        'px of the window that the output lacks on each side, or left,top; 0 if it covers the whole window (default: measured)',
        crop,
      ),
    )
    .option(
      '--cam',
      'run a classifier for its class activation map: the scores of its last layer at each place of its last feature map',
    )
    .addOption(option('--model-output <name>', 'the output to take, where the model has several', anyText))
    .addOption(option('--classes <list>', 'names of the classes, with colours if wanted: tumor=#d62728,stroma', classList))
    .addOption(option('--model-mpp <um>', 'micrometres per pixel that the model was trained at', micronsPerPixel));
}
