import { fileName } from '../../io/location.js';
import type { ReportCell, ReportTable } from '../../report/page.js';
import { count } from '../../terminal/format.js';
import { type Evaluation, type Measured, meanText, type SlideMean, type SlideMeans, type SweepResult } from './summary.js';

/** A table of the classes with their measures, from the pixels, borders and objects of all slides together. */
export function classTable({ classes, macro, micro, boundaryF, objectF1 }: Measured): ReportTable {
  const figures = ['Dice', 'IoU', 'precision', 'recall', 'boundary F', 'object F1', 'objects', 'found', 'in truth'];
  const rows = classes.map(({ name, dice, iou, precision, recall, boundary, objects }) => [
    { text: name },
    ...[dice, iou, precision, recall, boundary.f, objects.f1].map(measureCell),
    ...[objects.predicted, objects.matched, objects.truth].map((value) => ({ text: count(value), value })),
  ]);
  const mean = [macro.dice, macro.iou, macro.precision, macro.recall, boundaryF, objectF1].map(measureCell);
  const together = [micro.dice, micro.iou, micro.precision, micro.recall].map(measureCell);
  const means = [
    [{ text: 'mean of classes' }, ...mean],
    [{ text: 'their pixels together' }, ...together],
  ];
  return filled('Every class with its measures', 'class', figures, [...rows, ...(classes.length > 1 ? means : [])]);
}

/** A table of the slides with their measures. */
export function slideTable({ slides, classes }: Evaluation): ReportTable {
  const figures = [...classes.map(({ name }) => `Dice ${name}`), 'mean Dice', 'mean IoU', 'boundary F', 'object F1'];
  const rows = slides.map(({ predicted, measured: { classes: own, macro, boundaryF, objectF1 } }) => [
    { text: fileName(predicted) },
    ...[...own.map(({ dice }) => dice), macro.dice, macro.iou, boundaryF, objectF1].map(measureCell),
  ]);
  return filled('Every slide with its measures', 'slide', figures, rows);
}

/**
 * The confusion matrix in pixels: rows are the truth, columns the prediction.
 *
 * @param shown formats a number of pixels, given the number of pixels in its row
 */
export function confusionTable({ classes, pooled }: Evaluation, shown: (pixels: number, same: number) => string): ReportTable {
  const names = ['background', ...classes.map(({ name }) => name)];
  const rows = pooled.confusion.map((row, i) => {
    const same = row.reduce((sum, pixels) => sum + pixels, 0);
    return [{ text: names[i]! }, ...row.map((value) => ({ text: shown(value, same), value }))];
  });
  const caption = 'Pixels by true class (rows) and predicted class (columns)';
  return filled(
    caption,
    'truth',
    names.map((name) => `as ${name}`),
    rows,
  );
}

/** A table of means over slides, with intervals if there are enough slides. */
export function meansTable({ classes, dice, iou, boundaryF, objectF1 }: SlideMeans): ReportTable {
  const row = (name: string, mean: SlideMean): ReportCell[] => [{ text: name }, { text: meanText(mean), value: mean.mean }];
  const rows = [
    ...classes.map(({ name, dice }) => row(`Dice ${name}`, dice)),
    row('mean Dice', dice),
    row('mean IoU', iou),
    row('boundary F', boundaryF),
    row('object F1', objectF1),
  ];
  return filled('Means over slides', 'measure', ['mean'], rows);
}

/** A table of the best threshold of each class. */
export function thresholdTable(sweep: readonly SweepResult[]): ReportTable {
  const figures = ['best', 'Dice there', 'plateau from', 'to', 'left out', 'calibration error'];
  const rows = sweep.map(({ name, threshold, dice, plateau, leaveOneOut, calibration }) => [
    { text: name },
    ...[threshold, dice, ...plateau, leaveOneOut, calibration.error].map(measureCell),
  ]);
  return filled('The best threshold of each class', 'class', figures, rows);
}

function measureCell(value: number | undefined): ReportCell {
  return value === undefined ? { text: '-' } : { text: value.toFixed(3), value };
}

/** A table whose first column is text and whose other columns are figures. Rows that are too short are filled up. */
function filled(
  caption: string,
  words: string,
  figures: readonly string[],
  rows: readonly (readonly ReportCell[])[],
): ReportTable {
  return {
    caption,
    columns: [{ name: words, kind: 'words' }, ...figures.map((name) => ({ name, kind: 'figures' as const }))],
    rows: rows.map((cells) => ({ cells: [...cells, ...figures.slice(cells.length - 1).map(() => ({ text: '' }))] })),
  };
}
