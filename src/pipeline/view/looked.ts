import { join } from 'node:path';
import { SegtileError } from '../../errors.js';
import { readRegularText } from '../../io/regular-file.js';
import {
  flag,
  listOf,
  number,
  objectOf,
  oneOf,
  optional,
  orNull,
  readShape,
  shape,
  side,
  text,
  whole,
  words,
} from '../../plan/text/shape.js';
import { borders, placements } from '../../plan/windows/axis.js';
import { createGrid, type Grid, windowsOfRow } from '../../plan/windows/grid.js';
import type { Slide } from '../../slide/slide.js';
import { readOverview } from '../../slide/view/overview.js';
import { type View, workingView } from '../../slide/view/view.js';
import { openRegion } from '../../truth/region.js';
import { slideName } from '../../truth/slide-names.js';
import type { Truth } from '../../truth/truth.js';
import type { Size } from '../../types.js';
import { regionWindows } from '../tissue/region.js';
import { OVERVIEW_SIDE, selectTissue, type TissueChoice } from '../tissue/tissue.js';

/** The area in which a run was done. It is computed again by the rules of its record, on the slide as it is now. */
export interface Looked {
  /** The size of the whole slide in pixels of the working image. */
  readonly spans: Size;
  /** For each window of its first grid: left, top, width and height of what the model saw, in working pixels, and 1 if it was run. */
  readonly windows: readonly (readonly [number, number, number, number, 0 | 1])[];
  /** The number of windows of all grids that were run: according to the record, and as computed again. */
  readonly recorded: number;
  readonly run: number;
  readonly tissue: (Size & { readonly mask: Uint8Array }) | undefined;
  readonly region: Truth | undefined;
}

const sizeShape = objectOf<Size>({ width: side, height: side });
const planned = objectOf({
  working: objectOf({ width: side, height: side, level: whole, downsample: number }),
  windows: objectOf({ run: whole }),
  otherGrids: optional(listOf(shape<object>('{…}', (value) => typeof value === 'object'))),
  settings: objectOf({
    window: sizeShape,
    stride: sizeShape,
    margin: whole,
    border: oneOf(...borders),
    placement: oneOf(...placements),
    phase: optional(orNull(whole)),
    cutsToTissue: optional(flag),
    tissue: objectOf({ method: text, file: optional(text), minTissue: optional(number) }),
    region: orNull(objectOf({ file: text, classes: orNull(listOf(words)), excluded: listOf(words) })),
  }),
});

/**
 * Finds out in which area a run was done.
 *
 * @param path of its record
 * @throws {SegtileError} `input` if the record, or a file that it names, cannot be read
 */
export async function whereLooked(slide: Slide, path: string, signal: AbortSignal): Promise<Looked> {
  const json = await readRegularText(path).catch((cause: unknown) => {
    throw new SegtileError('input', `there is no record ${path}`, 'only runs of segtile infer record where they looked', cause);
  });
  const { working, settings, windows } = readShape(json, path, planned);
  const level = slide.levels[working.level];
  const isLevel = level?.width === working.width && level.height === working.height;
  const { width, height } = working;
  const view = workingView(slide, isLevel ? { kind: 'level', level: working.level } : { kind: 'size', width, height });
  const { window, stride, margin, border, placement, tissue, region, cutsToTissue } = settings;
  const phase = settings.phase ?? undefined;
  const fixed = createGrid({ size: { width, height }, window, stride, margin, phase, border, placement, cutsToTissue });
  const overview = await readOverview(slide, OVERVIEW_SIDE, signal);
  const choice = choiceOf(tissue.method, tissue.file, path);
  const found = await selectTissue(choice, least(choice, tissue.minTissue), view, fixed, async () => overview, signal);
  const { grid } = found;
  const bounds =
    region &&
    (await openAny(region.file, path, slide, { within: region.classes ?? undefined, exclude: region.excluded }, signal));
  const touched = bounds ? await touches(bounds, view, grid, signal) : () => true;
  const all = Array.from({ length: grid.rows }, (_, row) => windowsOfRow(grid, row)).flat();
  const told = all.map((each) => {
    const { x, y, width: wide, height: high } = found.selection.isSkipped(each) ? each.box : (each.shown ?? each.box);
    const run: 0 | 1 = !found.selection.isSkipped(each) && touched(each) ? 1 : 0;
    return [x, y, wide, high, run] as const;
  });
  return {
    spans: view.spans,
    windows: told,
    recorded: windows.run,
    run: told.reduce((sum, [, , , , run]) => sum + run, 0),
    tissue: found.raster,
    region: bounds ?? undefined,
  };
}

async function touches(region: Truth, view: View, grid: Grid, signal: AbortSignal) {
  const found = await regionWindows(region, view, [grid], signal);
  return (window: Parameters<typeof found.touches>[1]): boolean => found.touches(0, window);
}

/**
 * The least share of tissue. For `hubmap` it is left out, because the recorded value was only the default, and that
 * method has its own rule.
 */
function least({ kind }: TissueChoice, given: number | undefined): number | undefined {
  return kind === 'hubmap' ? undefined : given;
}

function choiceOf(method: string, file: string | undefined, where: string): TissueChoice {
  if (method === 'file' && file !== undefined) return { kind: 'file', path: file };
  if (method === 'auto' || method === 'otsu' || method === 'hubmap' || method === 'none') return { kind: method };
  throw new SegtileError('input', `${where} has a way to find tissue that this version does not know: ${method}`);
}

/** Opens a file that a record names. Its path may be relative to another folder. */
async function openAny(
  path: string,
  record: string,
  slide: Slide,
  classes: { readonly within: readonly string[] | undefined; readonly exclude: readonly string[] },
  signal: AbortSignal,
): Promise<Truth> {
  const open = (at: string): Promise<Truth> =>
    openRegion({ path: at, option: '--roi', ...classes }, slide, slideName(slide.path), signal);
  return open(path).catch(() => open(join(record, '..', path)));
}
