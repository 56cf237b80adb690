import { SegtileError } from '../../errors.js';
import type { CommitOptions } from '../../io/partial-file.js';
import type { Measure } from '../../objects/formats/format.js';
import type { LabelRule } from '../../plan/labels/labels.js';
import { defaultColor } from '../../plan/palette.js';
import { openSlide } from '../../slide/open.js';
import type { Probabilities } from '../../slide/probabilities.js';
import type { Slide } from '../../slide/slide.js';
import { requireSameShape } from '../../truth/aspect.js';
import { configOf, defaultConfig, type TruthConfig } from '../../truth/config.js';
import { readMaskHead } from '../../truth/images/mask-classes.js';
import type { MaskClass, Mpp, Size } from '../../types.js';
import { openPrediction, type PredictedRows, type Prediction, predictedName } from '../evaluate/prediction.js';
import { type SlideBeside, slideBeside } from '../evaluate/slide-beside.js';
import { makeFolder } from '../outputs/clashes.js';
import { withSubmission } from '../outputs/kinds/objects.js';
import { makeSubmission } from '../outputs/kinds/submission.js';
import { filesAndRecord } from '../records/files-and-record.js';
import { peakRss, versions } from '../records/machine.js';
import type { StageClock } from '../records/stage-clock.js';
import type { SubmissionFacts, SubmissionOptions } from '../submissions/options.js';
import { checkSubmission } from '../submissions/shared-file.js';
import type { ObjectFacts, ObjectFiles } from './facts.js';
import { objectsInThread } from './in-thread.js';
import { type PassingPixels, passingPixels } from './passing-pixels.js';
import { type SimplifyOptions, simplifyingOf } from './simplify-options.js';
import { type SplitOptions, touchingOf } from './split-options.js';

/** The settings with which objects of masks are written. */
export interface MaskObjectSettings {
  /** What the values of a mask mean, if the mask does not say it. */
  readonly config: TruthConfig | undefined;
  /** Size of level 0 of the slide, in px, if the user gives it. */
  readonly slideSize: Size | undefined;
  /** Micrometres per level-0 pixel, if the user gives it. */
  readonly slideMpp: number | undefined;
  /** How probabilities become labels. */
  readonly rule: (probabilities: Probabilities) => LabelRule;
  readonly submission: SubmissionOptions;
  readonly outlines: SplitOptions & SimplifyOptions;
  /** The measures of the slide's pixels, and the path of the slide if the record beside the mask does not name it. */
  readonly measure: readonly Measure[] | undefined;
  readonly slidePath: string | undefined;
}

/** The files to write. */
export interface MaskObjectFiles extends CommitOptions {
  /** The start of all file names. */
  readonly stem: string;
  readonly objects: ObjectFiles;
  readonly record: string;
}

/** The record of the objects of a mask and where they are: `<stem>.objects.json`. */
export interface MaskObjectRecord {
  readonly mask: Size & { readonly path: string };
  /** Level 0 in px; all coordinates are in these pixels. */
  readonly slide: Size & { readonly mpp: Mpp | null };
  /** How probabilities became labels. */
  readonly labels: LabelRule | null;
  readonly classes: readonly MaskClass[];
  readonly objects: ObjectFacts;
  readonly submission: SubmissionFacts | null;
  readonly notes: readonly string[];
  readonly seconds: Readonly<Record<string, number>>;
  readonly peakRssBytes: number;
  readonly versions: Readonly<Record<string, string>>;
}

/**
 * Writes the objects of a label mask, or of probabilities, to files, in level-0 pixels of its slide. The size of level
 * 0 is given by the user, or else by the record beside the mask; otherwise it is the size of the mask. The mask is
 * streamed: only objects that are not complete yet are in memory. Files and record appear together or not at all.
 *
 * @param onRows called with the number of finished rows of the mask
 * @returns the record, as it was written
 * @throws {SegtileError} `input` if the mask cannot be read, or has values that stand for no class; `output` if a file
 *   cannot be written; `aborted` when the signal fires
 */
export async function objectsOfMask(
  path: string,
  settings: MaskObjectSettings,
  files: MaskObjectFiles,
  clock: StageClock,
  onRows: (done: number, of: Size) => void,
  signal: AbortSignal,
): Promise<MaskObjectRecord> {
  const config = settings.config ?? (await namedConfig(path, signal)) ?? defaultConfig();
  let rule: LabelRule | null = null;
  const ruleOf = (probabilities: Probabilities): LabelRule => {
    rule = settings.rule(probabilities);
    return rule;
  };
  const mask = await clock.wait('open', openPrediction(path, config, ruleOf, signal));
  let slideFile: Slide | undefined;
  let pixels: PassingPixels | undefined;
  try {
    const { width, height, spans = mask, probabilities } = mask;
    const classes = mask.classes ?? config.classes;
    const beside = await slideBeside(path);
    const known = settings.slideSize ?? beside;
    const lookedAt = beside?.lookedAt ?? { tissue: null, region: null };
    const slide = known ? { width: known.width, height: known.height } : levelZeroOf(mask);
    requireSameShape(path, mask, slide, 'mask');
    const scale = { x: slide.width / spans.width, y: slide.height / spans.height };
    const mpp = mppOf(mask, settings.slideMpp, scale);
    slideFile = settings.measure && (await openSlide(slidePathOf(path, settings, beside), { signal }));
    if (slideFile) requireSameShape(path, mask, slideFile, 'mask');
    pixels = slideFile && passingPixels(slideFile, spans, settings.measure!, signal);
    await checkSubmission(settings.submission, predictedName(path), classes, files.replace === true);
    await makeFolder(files.record);
    return await filesAndRecord(
      files,
      async (keep) => {
        const name = predictedName(path);
        const named = { ...slide, name };
        const maskSize = { width, height };
        const pixelSize = mpp && { x: mpp.x * scale.x, y: mpp.y * scale.y };
        const touching = touchingOf(settings.outlines, maskSize, pixelSize, path);
        const simplifying = simplifyingOf(settings.outlines, scale, pixelSize, touching !== undefined, path);
        const form = {
          classes,
          scale,
          mpp,
          passing: probabilities && { size: maskSize, labels: probabilities.map.labels },
          slide: named,
          pixels,
          size: maskSize,
          touching,
          simplifying,
        };
        const result = { name, size: { ...spans, mpp }, slide: { ...slide, mpp }, classes, replace: files.replace };
        const { submission: options } = settings;
        const submission =
          options.submission === undefined
            ? undefined
            : await makeSubmission(`${files.stem}.submission`, result, options, keep);
        const objectFiles = withSubmission(files.objects, `${files.stem}.objects`, options);
        const objects = await objectsInThread(keep, objectFiles, form, files);
        const known = ignoreOthers(classes);
        for await (const rows of clock.stream('read', mask.rows(signal))) {
          const own = known(rows);
          if (form.passing && rows.scores) await clock.wait('objects', objects.scores(rows.scores));
          await clock.wait('objects', objects.write(own));
          await clock.wait('write', Promise.resolve(submission?.labels?.write({ ...own, channels: 1 })));
          onRows(rows.y + rows.height, { width, height });
        }
        const found = await objects.facts(lookedAt);
        const submitted = (await submission?.facts(lookedAt)) ?? null;
        return () => ({
          mask: { path, width, height },
          slide: { ...slide, mpp: mpp ?? null },
          labels: rule,
          classes,
          objects: found,
          submission: submitted,
          notes: mask.notes,
          seconds: clock.seconds(),
          peakRssBytes: peakRss(),
          versions: versions(),
        });
      },
      clock,
      signal,
    );
  } finally {
    await pixels?.close();
    await slideFile?.close();
    await mask.close();
  }
}

/**
 * The classes of a mask that others wrote, if it is an OME-TIFF whose channels all have different names: one for each
 * channel, in its colour, except for a channel named background. With one channel, 255 is its class as well as 1.
 */
async function namedConfig(path: string, signal: AbortSignal): Promise<TruthConfig | undefined> {
  const { classes, channels } = await readMaskHead(path, signal);
  const names = new Set(channels.map(({ name }) => name));
  if (classes !== undefined || channels.length === 0 || names.has('') || names.size < channels.length) return undefined;
  const all = channels.map(({ name, color }, i) => ({ name, label: i + 1, color: color ?? defaultColor(i + 1) }));
  const isBackground = ({ name }: MaskClass): boolean => name.toLowerCase() === 'background';
  const named = all.filter((each) => !isBackground(each));
  if (named.length === 0) return undefined;
  // Several channels may have one colour. The mask itself has none, so colours need not tell classes apart.
  const config = configOf(
    named.map((each): MaskClass => ({ ...each, color: [0, 0, each.label] })),
    path,
  );
  const background = all.filter(isBackground).map(({ label }) => [label, 0] as const);
  return { ...config, classes: named, values: new Map([...config.values, ...background]) };
}

/** @throws {SegtileError} `usage` if nothing says which slide the mask is of */
function slidePathOf(mask: string, { slidePath }: MaskObjectSettings, beside: SlideBeside | undefined): string {
  const path = slidePath ?? beside?.path;
  if (path !== undefined) return path;
  throw new SegtileError(
    'usage',
    `--measure reads the slide, but nothing says which slide ${mask} belongs to`,
    'name it with --slide',
  );
}

/**
 * The size of level 0 if neither user nor record gives it: files of probabilities store the size of the mask made from
 * them; otherwise it is the size of the mask.
 */
function levelZeroOf({ width, height, probabilities }: Prediction): Size {
  const own = probabilities?.map.mask ?? { width, height };
  return { width: own.width, height: own.height };
}

/** Micrometres per level-0 pixel: given by the user, or computed from those of the mask. */
function mppOf({ mpp }: Prediction, given: number | undefined, scale: Mpp): Mpp | undefined {
  if (given !== undefined) return { x: given, y: given };
  return mpp && { x: mpp.x / scale.x, y: mpp.y / scale.y };
}

/** Sets labels that belong to no class to 0, such as pixels to ignore in training: they are no objects. */
function ignoreOthers(classes: readonly MaskClass[]): (rows: PredictedRows) => PredictedRows {
  const table = new Uint8Array(256);
  for (const { label } of classes) table[label] = label;
  return (rows) => ({ ...rows, data: rows.data.map((label) => table[label]!) });
}
