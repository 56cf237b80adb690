import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { listedPaths } from '../../pipeline/slides/requests.js';
import { exportView, startView } from '../../pipeline/view/start-view.js';
import { count } from '../../terminal/format.js';
import { createProgress } from '../../terminal/progress.js';
import { styleFor } from '../../terminal/style.js';
import { oneLine } from '../../terminal/visible.js';
import type { Shell } from '../running/shell.js';
import type { ViewOptions } from './options.js';

/**
 * `segtile view`: serves a page that shows slides and results, until the user stops it. With `export`, it writes the
 * page as files instead.
 *
 * @param paths results, slides, folders of either, and patterns of names; none, also in a list, for `segtile-out`
 * @returns the exit code, 0
 */
export async function view(paths: readonly string[], options: ViewOptions, shell: Shell): Promise<number> {
  const { stdout, stderr, signal } = shell;
  const { truth, classes, host, port, open = false, quiet = false } = options;
  const note = (sentence: string): void => void (quiet || stderr.write(`segtile: ${oneLine(sentence)}\n`));
  const listed = options.from === undefined ? [] : await listedPaths(options.from, note);
  const given = paths.length + listed.length > 0 ? [...paths, ...listed] : ['segtile-out'];
  if (options.export !== undefined) {
    const stage = createProgress(stderr, quiet).stage('export', 'files');
    const onFiles = (done: number, total: number): void => stage.update({ done, total: Math.max(done, total) });
    const viewed = { paths: given, truth, classes };
    const files = await exportView(viewed, options.export, onFiles, signal).finally(() => stage.stop());
    stdout.write(`${options.export}: ${count(files)} files\n`);
    return 0;
  }
  const { server, slides, runs } = await startView({ paths: given, truth, classes, host, port });
  const style = styleFor(stdout);
  // `stdout` removes secrets from addresses, but the user needs the token in this one, so it goes to the terminal directly.
  (stdout.terminal ?? stdout).write(`${style.good(server.url)}\n`);
  if (!quiet) {
    const plural = (n: number, what: string): string => `${count(n)} ${what}${n === 1 ? '' : 's'}`;
    stderr.write(
      `segtile: ${plural(slides, 'slide')}, ${plural(runs, 'result')}; open the address in a browser, Ctrl-C ends\n`,
    );
  }
  if (open)
    openBrowser(server.url, () => stderr.write('segtile: no browser could be opened here: open the address yourself\n'));
  if (!signal.aborted) await once(signal, 'abort');
  await server.close();
  return 0;
}

/** The command that opens an address in a browser, by system. */
const OPENERS: Readonly<Record<string, readonly [string, ...string[]]>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
};

function openBrowser(url: string, failed: () => void): void {
  const [command, ...args] = OPENERS[process.platform] ?? ['xdg-open'];
  const child = spawn(command, [...args, url], { stdio: 'ignore', detached: true });
  child.on('error', failed);
  child.unref();
}
