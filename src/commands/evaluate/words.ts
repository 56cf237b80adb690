import { fileName } from '../../io/location.js';
import type { SlideScores } from '../../pipeline/evaluate/evaluate-mask.js';
import {
  type Evaluation,
  type Measured,
  meansTitle,
  meanText,
  type SweepResult,
  summarizeSlides,
} from '../../pipeline/evaluate/summary.js';
import { PLATEAU } from '../../score/sweep.js';
import { count, percent } from '../../terminal/format.js';
import type { Style } from '../../terminal/style.js';
import { table } from '../../terminal/table.js';

/** One slide in figures, for programs. */
export function scoreFacts(scores: SlideScores): object {
  const { slides, sweep } = summarizeSlides([scores]);
  return {
    prediction: scores.predicted,
    truth: scores.truth,
    ...slides[0]!.measured,
    notes: scores.notes,
    ...(sweep && { sweep }),
  };
}

/** All slides together in figures, for programs. */
export function allFacts({ pooled, perSlide, sweep, slides }: Evaluation): object {
  return { slides: slides.length, pooled, perSlide: perSlide ?? null, sweep: sweep ?? null };
}

/** How predictions and truths agree, in tables. */
export function evaluationText(evaluation: Evaluation, style: Style): string {
  const { slides, pooled, perSlide, sweep } = evaluation;
  const several = slides.length > 1;
  const title = several
    ? `${slides.length} slides, their pixels together`
    : `${fileName(slides[0]!.predicted)} against ${fileName(slides[0]!.truth)}`;
  return [
    ...(several ? [style.strong('slides'), slideTable(evaluation)] : []),
    style.strong(title),
    classTable(pooled),
    pixelsText(pooled),
    ...(pooled.classes.length > 1 ? [style.strong('what the truth was taken for'), confusionTable(evaluation)] : []),
    ...(perSlide
      ? [
          style.strong(meansTitle(perSlide.from)),
          table(
            [
              ...perSlide.classes.map(({ name, dice }) => [`Dice ${name}`, meanText(dice)]),
              ['mean Dice', meanText(perSlide.dice)],
              ['mean IoU', meanText(perSlide.iou)],
              ['boundary F', meanText(perSlide.boundaryF)],
              ['object F1', meanText(perSlide.objectF1)],
            ],
            2,
          ),
        ]
      : []),
    ...(sweep ? [style.strong('thresholds, each class against all else'), sweepTable(sweep), sweepNote] : []),
    '',
  ].join('\n');
}

const sweepNote = `  plateau: thresholds at which Dice is at most ${PLATEAU} lower; left out: mean Dice of each slide at the best threshold of the others (of other patients, where those are known)`;

function slideTable({ slides, classes }: Evaluation): string {
  const head = ['slide', ...classes.map(({ name }) => `Dice ${name}`), 'mean Dice', 'mean IoU', 'boundary F', 'object F1'];
  const rows = slides.map(({ predicted, measured }) => [
    fileName(predicted),
    ...measured.classes.map(({ dice }) => shown(dice)),
    shown(measured.macro.dice),
    shown(measured.macro.iou),
    shown(measured.boundaryF),
    shown(measured.objectF1),
  ]);
  return table([head, ...rows], 1);
}

function classTable({ classes, macro, micro, boundaryF, objectF1 }: Measured): string {
  const head = ['class', 'Dice', 'IoU', 'precision', 'recall', 'boundary F', 'object F1', 'objects', 'found', 'in truth'];
  const rows = classes.map(({ name, dice, iou, precision, recall, boundary, objects }) => [
    name,
    ...[dice, iou, precision, recall, boundary.f, objects.f1].map(shown),
    count(objects.predicted),
    count(objects.matched),
    count(objects.truth),
  ]);
  const mean = ['mean of classes', ...[macro.dice, macro.iou, macro.precision, macro.recall, boundaryF, objectF1].map(shown)];
  const all = ['their pixels together', ...[micro.dice, micro.iou, micro.precision, micro.recall].map(shown)];
  const filled = (row: readonly string[]): string[] => head.map((_, i) => row[i] ?? '');
  const means = classes.length > 1 ? [filled(mean), filled(all)] : [];
  return table([head, ...rows, ...means], 1);
}

function pixelsText({ accuracy, confusion, ignored }: Measured): string {
  const compared = confusion.flat().reduce((sum, pixels) => sum + pixels, 0);
  const right = accuracy === undefined ? '' : `, ${percent(accuracy)} of them have the right label`;
  const left = ignored === 0 ? '' : `; ${count(ignored)} were left out, as the truth says`;
  return `  ${count(compared)} pixels were compared${right}${left}`;
}

function confusionTable({ classes, pooled }: Evaluation): string {
  const names = ['background', ...classes.map(({ name }) => name)];
  const rows = pooled.confusion.map((row, i) => {
    const sum = row.reduce((total, pixels) => total + pixels, 0);
    return [names[i]!, ...row.map((pixels) => (sum === 0 ? '-' : percent(pixels / sum)))];
  });
  return table([['truth', ...names.map((name) => `as ${name}`)], ...rows], 1);
}

function sweepTable(sweep: readonly SweepResult[]): string {
  const head = ['class', 'best', 'Dice there', 'plateau', 'left out', 'calibration error'];
  const rows = sweep.map(({ name, threshold, dice, plateau, leaveOneOut, calibration }) => [
    name,
    shown(threshold),
    shown(dice),
    `${shown(plateau[0])} to ${shown(plateau[1])}`,
    shown(leaveOneOut),
    shown(calibration.error),
  ]);
  return table([head, ...rows], 1);
}

function shown(value: number | undefined): string {
  return value === undefined ? '-' : value.toFixed(3);
}
