import { createRequire } from 'node:module';
import { Command, CommanderError, Option } from 'commander';
import { infer } from './commands/infer.js';
import type { InferOptions } from './commands/infer-settings.js';
import { type InfoOptions, info } from './commands/info.js';
import {
  classList,
  numbers,
  type Parser,
  positiveNumber,
  share,
  size,
  thresholds,
  wholeNumber,
  word,
} from './commands/parse.js';
import type { Shell } from './commands/shell.js';
import { blends } from './plan/blend.js';
import { exitCodeOf, failureText } from './terminal/failure.js';
import { styleFor } from './terminal/style.js';

/**
 * The command line. Sets the exit code of the process: 0 all done, 1 something failed, 2 wrong use. Never ends the process itself, so
 * that workers can finish what they have in hand.
 *
 * @param argv as `process.argv`
 */
export async function main(argv: readonly string[]): Promise<void> {
  const controller = new AbortController();
  const stop = (signal: NodeJS.Signals): void => {
    if (controller.signal.aborted) return;
    process.stderr.write(`\nsegtile: ${signal} received, stopping after the windows in hand\n`);
    controller.abort(signal);
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  // A reader that has had enough, such as `head`, is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  const shell: Shell = { stdout: process.stdout, stderr: process.stderr, signal: controller.signal };
  try {
    await program(shell).parseAsync(argv);
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : 2;
    } else {
      process.stderr.write(failureText(error, styleFor(process.stderr)));
      process.exitCode = exitCodeOf(error);
    }
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}

function program(shell: Shell): Command {
  const { version } = createRequire(import.meta.url)('../package.json') as { version: string };
  const root = new Command('segtile')
    .description('Segments images that are too big for the model: a slide in, a full-resolution mask out.')
    .version(version)
    .exitOverride()
    .showHelpAfterError('(segtile --help lists the commands, segtile <command> --help the options)')
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'segtile: ')) });
  root.addCommand(inferCommand(shell));
  root.addCommand(infoCommand(shell));
  return root;
}

/** An option whose text is parsed by `parser`, which is told the option's long name for its errors. */
function option<T>(flags: string, description: string, parser: Parser<T>, fallback?: T, shown?: string): Option {
  const made: Option = new Option(flags, description);
  made.argParser((text: string) => parser(text, made.long ?? flags));
  return fallback === undefined ? made : made.default(fallback, shown);
}

function inferCommand(shell: Shell): Command {
  const text: Parser<string> = (value) => value;
  return new Command('infer')
    .description('Segment slides: windows through a model, stitched to one mask a slide.')
    .argument('<slide...>', 'TIFF, SVS, PNG or JPEG files; TIFF and SVS also at https:// and s3://')
    .exitOverride()
    .optionsGroup('Model:')
    .addOption(
      option('-m, --model <file>', 'an ONNX model, or the name of a bundled one: hematoxylin', text).default(
        undefined,
        'hematoxylin',
      ),
    )
    .addOption(option('--device <name>', 'where the model runs', word('cpu'), 'cpu'))
    .addOption(
      option(
        '--workers <n>',
        'windows that are run at a time, each in a thread of its own (default: the threads of this machine)',
        wholeNumber(1),
      ),
    )
    .optionsGroup('Where the model looks (lengths in working pixels):')
    .addOption(option('--window <px>', 'window: a side, or WIDTHxHEIGHT (default: from the model, else 1024)', size))
    .addOption(option('--stride <px>', 'step between windows (default: half a window)', size))
    .addOption(option('--overlap <px|%>', 'instead of --stride: what neighbouring windows share', text))
    .addOption(
      option(
        '--margin <px>',
        'removed from each side of a prediction (default: from the model, else an eighth of the window)',
        wholeNumber(0),
      ),
    )
    .addOption(
      option(
        '--border <how>',
        "at the slide's border: keep the outer margins, or mirror the image there",
        word('keep', 'mirror'),
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
    .addOption(option('--mpp <um>', 'work at this many micrometres per pixel', positiveNumber))
    .addOption(option('--downsample <factor>', 'work at level 0 shrunk by this factor', positiveNumber))
    .addOption(option('--slide-mpp <um>', 'micrometres per pixel of level 0, whatever the file says', positiveNumber))
    .addOption(
      option('--tissue <how>', 'which windows hold tissue: otsu, hubmap, none, or a mask image or GeoJSON', text, 'otsu'),
    )
    .addOption(
      option('--min-tissue <share>', 'least share of a window that is tissue (default: 0.01, or the rule of hubmap)', share),
    )
    .optionsGroup('How predictions become a mask:')
    .addOption(option('--blend <how>', `weights of overlapping predictions: ${blends.join(', ')}`, word(...blends), 'gaussian'))
    .addOption(
      option(
        '--blend-space <what>',
        'what is blended: probabilities or logits',
        word('probabilities', 'logits'),
        'probabilities',
      ),
    )
    .addOption(
      option(
        '--threshold <p>',
        'a probability above it makes the class: one for all, or name=p,... (default: from the model, else 0.5)',
        thresholds,
      ),
    )
    .optionsGroup('Output:')
    .addOption(
      option('-o, --output <path>', 'a folder, or for one slide the name of the mask: .tif or .ome.tif', text, 'segtile-out'),
    )
    .addOption(
      option(
        '--mask-values <which>',
        'labels, or 255 for every pixel of the one class, for viewers',
        word('labels', '255'),
        'labels',
      ),
    )
    .addOption(option('--output-mpp <um>', 'micrometres per pixel of the mask (default: as large as level 0)', positiveNumber))
    .option('--overwrite', 'replace results that are there already', false)
    .option('--no-preview', 'do not write <name>.preview.jpg')
    .option('--dry-run', 'say what would be run, and stop', false)
    .option('--json', 'one line of JSON a slide on standard output', false)
    .option('--quiet', 'no progress and no notes', false)
    .optionsGroup('What the model expects, where its card (<model>.segtile.json) does not say:')
    .addOption(option('--card <file>', 'a card from another place', text))
    .addOption(option('--layout <order>', "order of the input's axes", word('nchw', 'nhwc')))
    .addOption(option('--color <order>', 'channels of the input', word('rgb', 'bgr', 'gray')))
    .addOption(
      option('--scale <factor>', 'multiplies samples of 0 to 255, before mean and std (default: 1/255)', positiveNumber),
    )
    .addOption(option('--mean <list>', 'subtracted from each channel', numbers))
    .addOption(option('--std <list>', 'divides each channel', numbers))
    .addOption(option('--standardize <scope>', 'mean 0 and variance 1 per channel of each window', word('window')))
    .addOption(
      option('--activation <name>', "what makes probabilities of the model's output", word('sigmoid', 'softmax', 'none')),
    )
    .addOption(option('--classes <list>', 'names of the classes, with colours if wanted: tumor=#d62728,stroma', classList))
    .addOption(option('--model-mpp <um>', 'micrometres per pixel that the model was trained at', positiveNumber))
    .action(async (slides: string[], options: InferOptions) => {
      process.exitCode = await infer(slides, options, shell);
    });
}

function infoCommand(shell: Shell): Command {
  return new Command('info')
    .description('Say what is in a slide or a model, and whether segtile can use it.')
    .argument('<file...>', 'slides and .onnx models')
    .exitOverride()
    .option('--slide-mpp <um>', 'micrometres per pixel of level 0, whatever the file says', (text) =>
      positiveNumber(text, '--slide-mpp'),
    )
    .option('--json', 'one line of JSON a file on standard output', false)
    .action(async (files: string[], options: InfoOptions) => {
      process.exitCode = await info(files, options, shell);
    });
}
