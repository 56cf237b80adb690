import { csvCell } from '../../plan/text/csv.js';
import type { Evaluation, Measured, SlideMean } from './summary.js';

/** A CSV with every measure of every slide and class, and of all slides together, one per row. */
export function evaluationCsv({ slides, pooled, perSlide, sweep }: Evaluation): string {
  const rows: (readonly [slide: string, className: string, measure: string, value: number | undefined])[] = [
    ...slides.flatMap(({ predicted, measured }) => measuredRows(predicted, measured)),
    ...measuredRows('all', pooled),
    ...(perSlide?.classes ?? []).flatMap(({ name, dice, iou }) => [
      ...meanRows(name, 'dice', dice),
      ...meanRows(name, 'iou', iou),
    ]),
    ...(perSlide ? [...meanRows('', 'dice', perSlide.dice), ...meanRows('', 'iou', perSlide.iou)] : []),
    ...(sweep ?? []).flatMap(({ name, threshold, dice, leaveOneOut, calibration }) => [
      ['all', name, 'best threshold', threshold] as const,
      ['all', name, 'dice at the best threshold', dice] as const,
      ['all', name, 'dice left out', leaveOneOut] as const,
      ['all', name, 'calibration error', calibration.error] as const,
    ]),
  ];
  const lines = rows.map(([slide, name, measure, value]) =>
    [csvCell(slide), csvCell(name), measure, value === undefined ? '' : String(value)].join(','),
  );
  return `${['slide,class,measure,value', ...lines].join('\n')}\n`;
}

function measuredRows(slide: string, { classes, macro, micro, accuracy, boundaryF, objectF1 }: Measured) {
  const row = (name: string, measure: string, value: number | undefined) => [slide, name, measure, value] as const;
  return [
    ...classes.flatMap(({ name, dice, iou, precision, recall, areas, boundary, objects }) =>
      Object.entries({
        dice,
        iou,
        precision,
        recall,
        'boundary precision': boundary.precision,
        'boundary recall': boundary.recall,
        'boundary f': boundary.f,
        'object f1': objects.f1,
        'objects in truth': objects.truth,
        'objects predicted': objects.predicted,
        'objects matched': objects.matched,
        'pixels in truth': areas.truth,
        'pixels predicted': areas.predicted,
        'pixels in both': areas.both,
      }).map(([measure, value]) => row(name, measure, value)),
    ),
    ...Object.entries(macro).map(([measure, value]) => row('', `macro ${measure}`, value)),
    ...Object.entries(micro).map(([measure, value]) => row('', `micro ${measure}`, value)),
    row('', 'accuracy', accuracy),
    row('', 'boundary f', boundaryF),
    row('', 'object f1', objectF1),
  ];
}

function meanRows(name: string, measure: string, { mean, low, high }: SlideMean) {
  const row = (words: string, value: number) => ['slides', name, words, value] as const;
  if (low === undefined || high === undefined) return [row(`mean ${measure}`, mean)];
  return [row(`mean ${measure}`, mean), row(`mean ${measure}, 95 % from`, low), row(`mean ${measure}, 95 % to`, high)];
}
