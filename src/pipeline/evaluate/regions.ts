import { throwIfAborted } from '../../errors.js';
import type { LegendColor, PictureGroup } from '../../report/page.js';
import { difference, differenceColors, outlined } from '../../report/panels.js';
import { type DifferingRegion, differingRegions } from '../../score/error-grid.js';
import { openSlide } from '../../slide/open.js';
import { GIVEN } from '../../slide/range.js';
import type { SlideOptions } from '../../slide/tiff.js';
import { workingView } from '../../slide/view/view.js';
import { configOf, defaultConfig, type TruthConfig } from '../../truth/config.js';
import { majorityView, shrinks } from '../../truth/images/majority-view.js';
import { readMaskHead } from '../../truth/images/mask-classes.js';
import { slideName } from '../../truth/match.js';
import { openLabels, openTruth } from '../../truth/open.js';
import type { LabelView } from '../../truth/truth.js';
import type { Band, Box, Pixels, Size, Span } from '../../types.js';
import { legendColor, reportPicture } from '../pictures/report-pictures.js';
import type { SeenSlide } from '../records/known-record.js';
import type { EvaluateSettings, SlideScores } from './evaluate-mask.js';
import { openPrediction, predictedName } from './prediction.js';

/** Longest side of a picture of a region, in px. */
const SIDE = 512;

/** The kinds of pixels that pictures of errors show, with their colours. */
export const errorLegend: readonly LegendColor[] = [
  legendColor('only in the truth', differenceColors.truthOnly),
  legendColor('only in the prediction', differenceColors.predictionOnly),
  legendColor('another class in each', differenceColors.otherClass),
];

/** A mask of one slide, with its name and its scores. */
export interface NamedMask {
  readonly name: string;
  readonly scores: SlideScores;
  /** How labels are made if the prediction is a file of probabilities. */
  readonly rule?: EvaluateSettings['rule'];
}

/** The options that open a slide so that it looks as it did in a run. */
function seenAs({ range, picked }: SeenSlide, signal: AbortSignal): SlideOptions {
  return {
    signal,
    ...(picked && { channels: picked.map(String) }),
    ...(range?.source === GIVEN && { range: [range.least, range.most] }),
  };
}

/**
 * Makes pictures of the regions of a slide in which masks differ most: the slide, the truth, and for each mask the
 * outlines and the errors.
 *
 * @param masks masks of one slide, all of the same size, with counted errors
 * @param config the config by which they were scored
 * @param count the most regions
 * @param noted called with notes on how the slide's file is read, once it is opened
 */
export async function differingPictures(
  recorded: SeenSlide,
  masks: readonly NamedMask[],
  config: TruthConfig | undefined,
  count: number,
  signal: AbortSignal,
  noted: (notes: readonly string[]) => void = () => undefined,
): Promise<PictureGroup[]> {
  const grids = masks.flatMap(({ scores }) => (scores.errors ? [scores.errors] : []));
  const regions = grids.length === masks.length ? differingRegions(grids, count) : [];
  const groups: PictureGroup[] = [];
  for (const [i, region] of regions.entries()) {
    throwIfAborted(signal);
    groups.push(await regionPictures(recorded, masks, config, region, i + 1, noted, signal));
  }
  return groups;
}

async function regionPictures(
  recorded: SeenSlide,
  masks: readonly NamedMask[],
  config: TruthConfig | undefined,
  { box, wrong }: DifferingRegion,
  number: number,
  noted: (notes: readonly string[]) => void,
  signal: AbortSignal,
): Promise<PictureGroup> {
  const { scores } = masks[0]!;
  const { classes, width, height } = scores;
  // The resolution at which the region fits into a picture.
  const scale = Math.min(1, SIDE / Math.max(box.width, box.height));
  const size = { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
  const part = scaled(box, scores, size);
  const slide = await openSlide(recorded.path, seenAs(recorded, signal));
  noted(slide.notes ?? []);
  try {
    const { width: w0, height: h0 } = slide;
    const image = await cut(workingView(slide, { kind: 'size', ...size }), part, 3, signal);
    const truth = await truthPart(scores, config, { width: w0, height: h0 }, size, part, signal);
    const fitted = { ...image, width: part.width, height: part.height };
    const pictures = [
      await reportPicture('slide', `Region ${number} of the slide`, fitted),
      await reportPicture('truth', `Region ${number} with the outlines of the truth`, outlined(fitted, truth, classes)),
    ];
    for (const [i, mask] of masks.entries()) {
      const labels = await maskPart(mask, config, size, part, signal);
      const share = `${(100 * wrong[i]!).toFixed(1)} % wrong`;
      pictures.push(
        await reportPicture(
          `${mask.name}`,
          `Region ${number} with the outlines of ${mask.name}`,
          outlined(fitted, labels, classes),
        ),
        await reportPicture(
          `errors of ${mask.name}: ${share}`,
          `Errors of ${mask.name} in region ${number}`,
          difference(fitted, truth, labels),
        ),
      );
    }
    const place = `${slideName(recorded.path)}: ${box.width} × ${box.height} px of the mask at (${box.x}, ${box.y})`;
    return { title: `Region ${number}`, note: place, pictures };
  } finally {
    await slide.close();
  }
}

function scaled(box: Box, from: Size, to: Size): Box {
  const x = Math.min(to.width - 1, Math.floor((box.x * to.width) / from.width));
  const y = Math.min(to.height - 1, Math.floor((box.y * to.height) / from.height));
  return {
    x,
    y,
    width: Math.max(1, Math.min(to.width - x, Math.round((box.width * to.width) / from.width))),
    height: Math.max(1, Math.min(to.height - y, Math.round((box.height * to.height) / from.height))),
  };
}

async function truthPart(
  scores: SlideScores,
  given: TruthConfig | undefined,
  slide: Size,
  size: Size,
  part: Box,
  signal: AbortSignal,
): Promise<Pixels> {
  const config = given ?? configOf(scores.classes, scores.predicted);
  const truth = await openTruth(scores.truth, { size: slide, config, slideName: predictedName(scores.predicted), signal });
  try {
    return await cut(truth.view(size), part, 1, signal);
  } finally {
    await truth.close();
  }
}

/** A part of a mask, with the labels of the truth. */
async function maskPart(
  { scores: { predicted, classes, labels, histograms }, rule }: NamedMask,
  config: TruthConfig | undefined,
  size: Size,
  part: Box,
  signal: AbortSignal,
): Promise<Pixels> {
  if (histograms && rule) return labelledPart(predicted, labels, rule, size, part, signal);
  const own = (await readMaskHead(predicted, signal)).classes;
  const mask = await openLabels(predicted, own ? configOf(own, predicted) : (config ?? configOf(classes, predicted)), signal);
  try {
    const pixels = await cut(mask.view(size), part, 1, signal);
    return { ...pixels, data: pixels.data.map((label) => labels[label]!) };
  } finally {
    await mask.close();
  }
}

/** A part of the labels made from probabilities, with the labels of the truth. */
async function labelledPart(
  path: string,
  labels: readonly number[],
  rule: EvaluateSettings['rule'],
  size: Size,
  part: Box,
  signal: AbortSignal,
): Promise<Pixels> {
  const prediction = await openPrediction(path, defaultConfig(), rule, signal);
  const { width, height } = prediction;
  const view: LabelView = {
    width,
    height,
    async *readBands(rows) {
      const end = rows.start + rows.length;
      for await (const { y, height: deep, data } of prediction.rows(signal)) {
        const [top, bottom] = [Math.max(y, rows.start), Math.min(y + deep, end)];
        if (top < bottom) {
          const own = data.subarray((top - y) * width, (bottom - y) * width).map((label) => labels[label]!);
          yield {
            y: top,
            height: bottom - top,
            runs: [{ x: 0, pixels: { width, height: bottom - top, channels: 1, data: own } }],
          };
        }
        if (y + deep >= end) return;
      }
    },
  };
  try {
    return await cut(shrinks(view, size) ? majorityView(view, view, size) : view, part, 1, signal);
  } finally {
    await prediction.close();
  }
}

/** An image that can be read in bands of rows, see `Slide.readBands`. */
interface Banded extends Size {
  readBands(rows: Span, columns: (rows: Span) => readonly Span[], signal?: AbortSignal): AsyncIterable<Band>;
}

/** The pixels of a part of a view; 0 outside the view. */
async function cut(view: Banded, { x, y, width, height }: Box, channels: 1 | 3, signal: AbortSignal): Promise<Pixels> {
  const data = new Uint8Array(width * height * channels);
  const rows = { start: y, length: Math.min(height, view.height - y) };
  const columns = [{ start: x, length: Math.min(width, view.width - x) }];
  for await (const band of view.readBands(rows, () => columns, signal)) {
    for (const { x: left, pixels } of band.runs) {
      const [from, to] = [Math.max(x, left), Math.min(x + width, left + pixels.width)];
      for (let row = Math.max(y, band.y); row < Math.min(y + height, band.y + band.height); row++) {
        const start = ((row - band.y) * pixels.width + from - left) * channels;
        data.set(
          pixels.data.subarray(start, start + Math.max(0, to - from) * channels),
          ((row - y) * width + from - x) * channels,
        );
      }
    }
  }
  return { width, height, channels, data };
}
