import { isFolder } from '../../io/folder.js';
import { type RunningServer, startServer } from '../../view/server.js';
import { exportSite } from './export-site.js';
import { findSlides } from './found.js';
import { goingOn } from './going-on.js';
import { createSite } from './site.js';
import { truthOfSlides } from './truth-of-slides.js';

/** What the page shows. */
export interface ViewedPaths {
  /** Paths of slides, results, and folders of either. */
  readonly paths: readonly string[];
  readonly truth: string | undefined;
  readonly classes: string | undefined;
}

/** What the page shows, and where the server listens. */
export interface ViewSettings extends ViewedPaths {
  readonly host: string;
  readonly port: number;
}

/**
 * Starts the server of a page that shows slides and their results.
 *
 * @returns the server, and the number of slides and results that it shows
 * @throws {SegtileError} `input` if there is nothing to show; `usage` if it cannot listen
 */
export async function startView({ paths, truth, classes, host, port }: ViewSettings): Promise<{
  readonly server: RunningServer;
  readonly slides: number;
  readonly runs: number;
}> {
  const { slides, site } = await openSite({ paths, truth, classes });
  const server = await startServer(site.handler, host, port);
  void site.prepare();
  const close = async (): Promise<void> => {
    await server.close();
    await site.close();
  };
  const runs = slides.reduce((sum, slide) => sum + slide.runs.length, 0);
  return { server: { ...server, close }, slides: slides.length, runs };
}

/**
 * Writes the same page with all its tiles as files, see {@link exportSite}.
 *
 * @returns the number of files
 */
export async function exportView(
  viewed: ViewedPaths,
  folder: string,
  onFiles: (done: number, total: number) => void,
  signal: AbortSignal,
): Promise<number> {
  const { site } = await openSite(viewed);
  return exportSite(site, folder, onFiles, signal).finally(() => site.close());
}

async function openSite({ paths, truth, classes }: ViewedPaths) {
  const find = async () => {
    const slides = await findSlides(paths);
    return { slides, truth: await truthOfSlides(slides, truth, classes) };
  };
  const viewed = await find();
  const folders: string[] = [];
  for (const path of paths) if (await isFolder(path)) folders.push(path);
  return { slides: viewed.slides, site: createSite(viewed, find, goingOn(folders)) };
}
