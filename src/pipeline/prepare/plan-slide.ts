import { SegtileError } from '../../errors.js';
import type { Border, WindowPlacement } from '../../plan/windows/axis.js';
import { createGrid, type Grid } from '../../plan/windows/grid.js';
import type { Geometry } from '../../plan/windows/scale.js';
import { type Selection, selectWindows } from '../../plan/windows/selection.js';
import { openSlide } from '../../slide/open.js';
import type { ChannelRequest, Slide, SlideMpp } from '../../slide/slide.js';
import type { SlideOptions } from '../../slide/tiff.js';
import type { BandSource } from '../../slide/view/cut.js';
import { type View, type ViewChoice, workingView } from '../../slide/view/view.js';
import type { RegionFile } from '../../truth/region.js';
import type { Truth } from '../../truth/truth.js';
import type { Pixels, Samples, Size } from '../../types.js';
import { viewRows } from '../evaluate/paired-rows.js';
import { type Gated, type GateSettings, gateWindows } from '../gate/gated.js';
import type { InputRecipe } from '../infer/reading/messages.js';
import { overviewOf } from '../infer/reading/overview.js';
import { type Region, regionFacts, regionOpener, regionWindows } from '../tissue/region.js';
import { OVERVIEW_SIDE, selectTissue, type TissueChoice, type TissueSelection } from '../tissue/tissue.js';
import { contrastWarnings, once } from './contrast.js';

/** The settings that decide where a model is run. Lengths are in working pixels. */
export interface PlanSettings {
  /** The working resolution. Default: the model's micrometres per pixel, or else level 0. */
  readonly resolution: ViewChoice | undefined;
  /** Micrometres per pixel of level 0 that override what the file says. */
  readonly slideMpp: number | SlideMpp | undefined;
  /** The channels to read, by number from 0 or by name. A model that takes a picture needs one or three. */
  readonly channels?: readonly string[] | undefined;
  /** The sample values that become 0 and 255 when samples are converted to 8 bits. */
  readonly range?: SlideOptions['range'];
  /** The input of the model, from {@link channelRequest}. Default: the picture that a person sees. */
  readonly request?: ChannelRequest | undefined;
  readonly window: Size;
  readonly stride: Size;
  readonly margin: number;
  /** See `GridSettings`. */
  readonly phase?: number | undefined;
  /** See `GridSettings`. */
  readonly cutsToTissue?: boolean | undefined;
  /** More grids on which the image is scored, for other scales and models. */
  readonly others?: readonly Geometry[] | undefined;
  readonly border: Border;
  readonly placement?: WindowPlacement;
  readonly tissue: TissueChoice;
  readonly minTissue: number | undefined;
  /** The networks that judge windows before the models are run, if there are any. */
  readonly gating?: GateSettings | undefined;
  /** The region of interest. */
  readonly roi?: RegionFile | undefined;
}

/** Everything that is known before the first window is run. The slide is open. */
export interface SlidePlan extends Pick<TissueSelection, 'selection' | 'facts'> {
  readonly slide: Slide;
  /** The picture that a person sees, in 8-bit RGB. Tissue is found on it. */
  readonly view: View;
  /** The input of the model: the picture, or channels of the slide. It has the same size as the view. */
  readonly input: BandSource<Samples>;
  /** How another thread opens the input again. */
  readonly recipe: InputRecipe;
  /** The names of the input channels, if the input is not the picture. */
  readonly channels: readonly string[] | undefined;
  readonly grid: Grid;
  /** How the file was read if it can be read in more than one way, as sentences for the user. */
  readonly notes: readonly string[];
  /** Sentences on what looks wrong with the slide, and what to do about it. */
  readonly warnings: readonly string[];
  /** The other grids that were asked for, each with its own windows. */
  readonly others: readonly { readonly grid: Grid; readonly selection: Selection }[];
  /** The region of interest, if there is one. Windows that do not touch it are skipped. */
  readonly region: Region | undefined;
  /** What other networks decided on the windows, if there are such networks. */
  readonly gated?: Gated | undefined;
  /** If windows follow tissue in all of the slide: how many windows fixed grids would run. */
  readonly fixed?: number;
  /** The whole slide at low resolution. It is read once, when it is first asked for. */
  overview(): Promise<Pixels>;
}

const NATIVE_NOTE =
  'the model is given the samples as they are; 8 bits are made of them only where tissue is found and in the preview';

/**
 * Opens a slide and decides which of its windows are run. Reads only the file's directories and a low-resolution view.
 *
 * @param modelMpp micrometres per pixel that the model was trained at, if the model says so
 * @throws {SegtileError} `input` for a file that cannot be read; `usage` for settings that do not fit the file
 */
export async function planSlide(
  path: string,
  settings: PlanSettings,
  modelMpp: number | undefined,
  signal: AbortSignal,
): Promise<SlidePlan> {
  const options = { mpp: settings.slideMpp, channels: settings.channels, range: settings.range };
  const slide = await openSlide(path, { signal, ...options });
  try {
    const { window, stride, margin, phase, border, placement = 'stride', request, channels, tissue: choice } = settings;
    const { cutsToTissue } = settings;
    if (request === undefined) requirePicture(path, channels);
    const reader = request && slide.channelReader(request);
    const resolution = settings.resolution ?? defaultResolution(slide, modelMpp);
    const view = workingView(slide, resolution);
    const input = reader === undefined ? view : workingView(slide, resolution, reader.read);
    const size = { width: view.width, height: view.height };
    const recipe: InputRecipe = { path, layout: view.level.layout, options, resolution, request };
    const overview = once(() => overviewOf(slide, recipe, OVERVIEW_SIDE, signal));
    const select = (on: Grid) => selectTissue(choice, settings.minTissue, view, on, overview, signal);
    const tissue = await select(createGrid({ size, window, stride, margin, phase, cutsToTissue, border, placement }));
    const selected = [tissue];
    for (const geometry of settings.others ?? [])
      selected.push(await select(createGrid({ size, ...geometry, border, placement })));
    const found = selected.map((each) => ({ grid: each.grid, selection: each.selection }));
    const bounded = settings.roi && (await boundBy(settings.roi, view, tissue.raster, found, signal));
    const left = bounded?.within ?? found;
    const gated = settings.gating && (await gateWindows(settings.gating, view, resolution, left, signal));
    const [{ grid, selection }, ...rest] = left.map(({ grid: laid, selection: all }, i) => ({
      grid: laid,
      selection: gated?.selections[i] ?? all,
    })) as [SlidePlan['others'][number]];
    const fixed = selected.reduce((sum, each) => sum + (each.fixed ?? 0), 0);
    const native = request !== undefined && request.samples !== 'uint8';
    const contrast = await contrastWarnings(slide, choice.kind, native, overview);
    const warnings = [...contrast, ...(tissue.warnings ?? []), ...(bounded?.warnings ?? [])];
    const notes = [
      ...(slide.notes ?? []),
      ...(native && slide.range !== undefined ? [NATIVE_NOTE] : []),
      ...(tissue.notes ?? []),
      ...(bounded?.notes ?? []),
    ];
    const { facts } = tissue;
    const seen = { slide, view, input, recipe, channels: reader?.channels, notes, warnings, overview };
    const saved = placement === 'tissue' && !bounded ? { fixed } : {};
    return { ...seen, facts, region: bounded?.region, gated, grid, selection, others: rest, ...saved };
  } catch (error) {
    await slide.close();
    throw error;
  }
}

/**
 * The size of the working image of a slide, of which only the directories are read.
 *
 * @param modelMpp micrometres per pixel that the model was trained at, if the model says so
 * @throws {SegtileError} as {@link planSlide}
 */
export async function workingSize(
  path: string,
  settings: Pick<PlanSettings, 'resolution' | 'slideMpp' | 'channels' | 'range'>,
  modelMpp: number | undefined,
  signal: AbortSignal,
): Promise<Size> {
  const slide = await openSlide(path, { signal, mpp: settings.slideMpp, channels: settings.channels, range: settings.range });
  try {
    const { width, height } = workingView(slide, settings.resolution ?? defaultResolution(slide, modelMpp));
    return { width, height };
  } finally {
    await slide.close();
  }
}

/** Restricts the selected windows of some grids to those that touch a region of interest. */
async function boundBy(
  file: RegionFile,
  view: View,
  tissue: TissueSelection['raster'],
  grids: SlidePlan['others'],
  signal: AbortSignal,
) {
  const open = regionOpener(file, view.slide, signal);
  const truth = await open();
  try {
    const all = grids.map(({ grid }) => grid);
    const { touches, share, notes } = await regionWindows(truth, view, all, signal);
    const within = grids.map(({ grid, selection }, i) => ({
      grid,
      selection: selectWindows(grid, (window) => !selection.isSkipped(window) && touches(i, window)),
    }));
    const tissueShare = tissue === undefined ? null : await shareInside(truth, tissue, signal);
    const region: Region = { facts: { ...regionFacts(file), share: rounded(share), tissueShare }, open };
    const warnings = share > 0 ? [] : [`nothing of this slide lies in the region of ${region.facts.file}: no window is run`];
    return { within, region, notes: notes.map((note) => `region ${note}`), warnings };
  } finally {
    await truth.close();
  }
}

/** The share of a slide that is tissue and lies in a region, at the resolution of the tissue raster. */
async function shareInside(
  region: Truth,
  { mask, width, height }: NonNullable<TissueSelection['raster']>,
  signal: AbortSignal,
): Promise<number> {
  let both = 0;
  for await (const { y, data } of viewRows(region.view({ width, height }), signal)) {
    for (let i = 0, at = y * width; i < data.length; i++, at++) if (data[i] === 1 && mask[at] !== 0) both++;
  }
  return rounded(both / mask.length);
}

function rounded(share: number): number {
  return Number(share.toFixed(6));
}

/** Checks that the channels that the user picked, if any, make a picture. */
function requirePicture(path: string, channels: readonly string[] | undefined): void {
  if (channels === undefined || channels.length === 1 || channels.length === 3) return;
  throw new SegtileError(
    'usage',
    `the model takes a picture, but --channels picks ${channels.length} channels of ${path}`,
    'name three that are red, green and blue, or one that is grey',
  );
}

function defaultResolution(slide: Slide, modelMpp: number | undefined): ViewChoice {
  if (modelMpp === undefined) return { kind: 'level', level: 0 };
  if (slide.mpp) return { kind: 'mpp', mpp: modelMpp };
  throw new SegtileError(
    'usage',
    `the model works at ${modelMpp} µm per pixel, but ${slide.path} does not say how large its pixels are`,
    'give the size of a level-0 pixel with --slide-mpp, for example --slide-mpp 0.5; or choose the level yourself with --level 0',
  );
}
