import type { Command } from 'commander';
import { addListOption, type ListOptions } from '../options/list-option.js';
import { option } from '../options/option.js';
import { anyText, wholeNumber } from '../options/parse.js';

/** The parsed options of `segtile view`. An absent option was not given. */
export interface ViewOptions extends ListOptions {
  readonly truth?: string;
  readonly classes?: string;
  readonly host: string;
  readonly port: number;
  readonly open?: boolean;
  readonly export?: string;
  readonly quiet?: boolean;
}

/** Adds the arguments and options of `segtile view` to a command. */
export function addViewOptions(command: Command): Command {
  return addListOption(command, 'slide')
    .description('Look at slides and results in the browser: a server on this machine, which sends nothing elsewhere.')
    .argument('[path...]', 'results, slides, and folders of either (default: segtile-out)')
    .addOption(option('--truth <path>', 'truth to compare with, as for segtile evaluate', anyText))
    .addOption(option('--classes <json>', 'what the values of the truth mean, as for make-dataset', anyText))
    .addOption(
      option(
        '--export <folder>',
        'write the page with all its tiles as files, for a web server or a disk, and start none',
        anyText,
      ),
    )
    .optionsGroup('Server:')
    .addOption(
      option(
        '--host <address>',
        'where it listens; other machines can only reach it if this is not 127.0.0.1',
        anyText,
        '127.0.0.1',
      ),
    )
    .addOption(option('--port <number>', 'its port; 0 is a free one', wholeNumber(0, 65535), 0))
    .option('--open', 'open the page in the browser of this machine')
    .option('--quiet', 'print the address only')
    .addHelpText('after', examples);
}

const examples = `
Examples:
  segtile view segtile-out
  segtile view slide.svs --open
  segtile view run-a run-b --truth truth/
  segtile view segtile-out --export site/
  ssh -L 8000:127.0.0.1:8000 cluster segtile view results --port 8000`;
