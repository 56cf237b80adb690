import { createRequire } from 'node:module';
import { Command, CommanderError } from 'commander';
import { addFindNoiseOptions, type FindNoiseOptions } from './commands/find-noise-options.js';
import type { InferOptions } from './commands/infer-settings.js';
import type { InfoOptions } from './commands/info.js';
import { addMakeDatasetOptions } from './commands/make-dataset-options.js';
import type { MakeDatasetOptions } from './commands/make-dataset-settings.js';
import { option } from './commands/option.js';
import {
  channelNumbers,
  classList,
  list,
  type Parser,
  positiveChannelNumbers,
  positiveNumber,
  share,
  size,
  thresholds,
  wholeNumber,
  word,
} from './commands/parse.js';
import type { Shell } from './commands/shell.js';
import { SegtileError } from './errors.js';
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
  for (const signal of stopSignals) process.on(signal, stop);
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // A reader that has had enough, such as `head`, is no failure.
    if (error.code === 'EPIPE' || process.exitCode === 1) return;
    process.exitCode = 1;
    const failure = new SegtileError('output', `cannot write standard output: ${error.message}`, 'check where it goes');
    process.stderr.write(failureText(failure, styleFor(process.stderr)));
  });
  // With nobody left to tell, such as after the terminal was closed, the work still goes on.
  process.stderr.on('error', () => {});
  const shell: Shell = { stdout: process.stdout, stderr: process.stderr, signal: controller.signal };
  try {
    await program(shell).parseAsync(argv);
  } catch (error) {
    if (error instanceof CommanderError) {
      setExitCode(error.exitCode === 0 ? 0 : 2);
    } else {
      process.stderr.write(failureText(error, styleFor(process.stderr)));
      setExitCode(exitCodeOf(error));
    }
  } finally {
    for (const signal of stopSignals) process.off(signal, stop);
  }
}

/** What Ctrl-C, a scheduler and a closed terminal send. */
const stopSignals: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Sets the exit code of the process, unless standard output has failed and set it already. */
function setExitCode(code: number): void {
  process.exitCode ||= code;
}

function program(shell: Shell): Command {
  const { version } = createRequire(import.meta.url)('../package.json') as { version: string };
  const root = command('segtile')
    .description('Segments images that are too big for the model: a slide in, a full-resolution mask out.')
    .version(version);
  root.addCommand(inferCommand(shell));
  root.addCommand(infoCommand(shell));
  root.addCommand(makeDatasetCommand(shell));
  root.addCommand(findNoiseCommand(shell));
  return root;
}

/** A command whose mistakes in use are reported like all others: a line and a hint. */
function command(name: string): Command {
  const made = new Command(name);
  return made.configureOutput({ outputError: () => {} }).exitOverride((error) => {
    if (error.exitCode === 0 || error.code === 'commander.help') throw error;
    const [what, guess] = error.message.replace(/^error: /, '').split(/\s*\n/);
    const help = name === 'segtile' ? 'segtile --help lists the commands' : `segtile ${name} --help lists the options`;
    const hint = guess ? `${guess.replace(/^\(D(.*)\)$/, 'd$1')} ${help}` : help;
    throw new SegtileError('usage', what!, hint);
  });
}

function inferCommand(shell: Shell): Command {
  const text: Parser<string> = (value) => value;
  return command('infer')
    .description('Segment slides: windows through a model, stitched to one mask a slide.')
    .argument('<slide...>', 'TIFF, SVS, PNG or JPEG files; TIFF and SVS also at https:// and s3://')
    .optionsGroup('Model:')
    .addOption(option('-m, --model <file>', 'an ONNX model, or the name of a bundled one', text, 'hematoxylin'))
    .addOption(option('--device <name>', 'where the model runs: cpu', word('cpu'), 'cpu'))
    .addOption(
      option(
        '--workers <n>',
        'windows that are run at a time, each in a thread of its own (default: the threads of this machine)',
        wholeNumber(1),
      ),
    )
    .optionsGroup('Where the model looks (lengths in working pixels):')
    .addOption(option('--window <px>', 'side of the window, or WIDTHxHEIGHT (default: from the model, else 1024)', size))
    .addOption(option('--stride <px>', 'step between windows (default: half a window, less where the margin needs it)', size))
    .addOption(option('--overlap <px|%>', 'what neighbouring windows share, instead of --stride', text))
    .addOption(
      option(
        '--margin <px>',
        'removed from each side of a prediction (default: from the model, else an eighth of the window, less where the stride needs it)',
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
    .option('--slide-mpp-csv <file>', 'the same for many slides: a CSV with lines of slide,mpp')
    .addOption(
      option(
        '--channels <list>',
        'channels to read, in the order in which the model takes them; numbers from 0, or names',
        list,
      ),
    )
    .addOption(
      option('--tissue <how>', 'which windows hold tissue: otsu, hubmap, none, or a mask image or GeoJSON', text, 'otsu'),
    )
    .addOption(
      option('--min-tissue <share>', 'least share of a window that is tissue (default: any, or the rule of hubmap)', share),
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
    .option('--overwrite', 'replace results that are there already')
    .option('--no-preview', 'do not write <name>.preview.jpg')
    .option('--dry-run', 'say what would be run, and stop')
    .option('--json', 'one line of JSON a slide on standard output')
    .option('--quiet', 'no progress and no notes')
    .optionsGroup('What the model expects (beats its card, <model>.segtile.json):')
    .addOption(option('--card <file>', 'a card at another place than beside the model', text))
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
        'multiplies samples, before mean and std (default: 1/255, for uint16 1/65535, for float32 1)',
        positiveNumber,
      ),
    )
    .addOption(option('--mean <list>', 'subtracted from each channel', channelNumbers))
    .addOption(option('--std <list>', 'divides each channel', positiveChannelNumbers))
    .addOption(option('--standardize <scope>', 'window: mean 0 and variance 1 per channel of each window', word('window')))
    .addOption(
      option(
        '--activation <name>',
        "what makes probabilities of the model's output: sigmoid, softmax or none",
        word('sigmoid', 'softmax', 'none'),
      ),
    )
    .addOption(option('--classes <list>', 'names of the classes, with colours if wanted: tumor=#d62728,stroma', classList))
    .addOption(option('--model-mpp <um>', 'micrometres per pixel that the model was trained at', positiveNumber))
    .addHelpText('after', inferExamples)
    .action(async (slides: string[], options: InferOptions) => {
      // Loaded when it is called, so that help and mistakes in use come at once.
      const { infer } = await import('./commands/infer.js');
      setExitCode(await infer(slides, options, shell));
    });
}

const inferExamples = `
Examples:
  segtile infer slide.svs --dry-run
  segtile infer slide.svs -m glomeruli.onnx --window 1024 --overlap 50%
  segtile infer *.svs -m tumor.onnx --mpp 0.5 --threshold tumor=0.6 -o masks`;

function infoCommand(shell: Shell): Command {
  return command('info')
    .description('Say what is in a slide or a model, and whether segtile can use it.')
    .argument('<file...>', 'slides and .onnx models; with --check also folders')
    .addOption(option('--slide-mpp <um>', 'micrometres per pixel of level 0, whatever the file says', positiveNumber))
    .option('--slide-mpp-csv <file>', 'the same for many slides: a CSV with lines of slide,mpp')
    .addOption(
      option(
        '--channels <list>',
        'channels to read, in the order in which the model takes them; numbers from 0, or names',
        list,
      ),
    )
    .option('--check', 'decode every block of every level, and name those that are bad')
    .option('--json', 'one line of JSON a file on standard output')
    .action(async (files: string[], options: InfoOptions) => {
      const { info } = await import('./commands/info.js');
      setExitCode(await info(files, options, shell));
    });
}

function makeDatasetCommand(shell: Shell): Command {
  return addMakeDatasetOptions(command('make-dataset')).action(async (slides: string[], options: MakeDatasetOptions) => {
    const { makeDataset } = await import('./commands/make-dataset.js');
    setExitCode(await makeDataset(slides, options, process.argv.slice(2), shell));
  });
}

function findNoiseCommand(shell: Shell): Command {
  return addFindNoiseOptions(command('find-noise')).action(async (manifest: string, options: FindNoiseOptions) => {
    const { findNoise } = await import('./commands/find-noise.js');
    setExitCode(await findNoise(manifest, options, shell));
  });
}
