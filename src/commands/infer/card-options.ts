import type { Command } from 'commander';
import { option } from '../options/option.js';
import { anyText, classList, crop, deviations, means, micronsPerPixel, positiveNumber, word } from '../options/parse.js';

/** Adds the options that say what a model expects and what it gives. */
export function addCardOptions(command: Command): Command {
  return command
    .optionsGroup('What the model expects (beats its card, <model>.segtile.json):')
    .addOption(option('--card <file>', 'a card at another place than beside the model', anyText))
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
        'multiplies samples, before mean and std (default: what the graph begins with; else 1/255, for uint16 1/65535, for float32 1)',
        positiveNumber,
      ),
    )
    .addOption(option('--mean <list>', 'subtracted from each channel; imagenet, inception or clip for theirs', means))
    .addOption(option('--std <list>', 'divides each channel; imagenet, inception or clip for theirs', deviations))
    .addOption(option('--standardize <scope>', 'window: mean 0 and variance 1 per channel of each window', word('window')))
    .addOption(
      option(
        '--activation <name>',
        "what makes probabilities of the model's output: sigmoid, softmax or none (default: what the graph and its scores show)",
        word('sigmoid', 'softmax', 'none'),
      ),
    )
    .addOption(
      option(
        '--crop <px>',
        'what the output lacks on each side of the window, or left,top; 0 where it is all over it, if coarser (default: measured)',
        crop,
      ),
    )
    .option(
      '--cam',
      'of a classifier, the class activation map: what its last layer says of each place of its last feature map',
    )
    .addOption(option('--model-output <name>', 'the output to take, where the model has several', anyText))
    .addOption(option('--classes <list>', 'names of the classes, with colours if wanted: tumor=#d62728,stroma', classList))
    .addOption(option('--model-mpp <um>', 'micrometres per pixel that the model was trained at', micronsPerPixel));
}
