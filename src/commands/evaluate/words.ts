import { fileName } from '../../io/location.js';
import type { SlideScores } from '../../pipeline/evaluate/evaluate-mask.js';
import { type Evaluation, type Measured, meansTitle, summarizeSlides } from '../../pipeline/evaluate/summary.js';
import { classTable, confusionTable, meansTable, slideTable, thresholdTable } from '../../pipeline/evaluate/tables.js';
import type { ReportTable } from '../../report/page.js';
import { PLATEAU } from '../../score/sweep.js';
import { count, percent } from '../../terminal/format.js';
import type { Style } from '../../terminal/style.js';
import { table } from '../../terminal/table.js';

/** The scores of one slide, for programs. */
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

/** The scores of all slides together, for programs. */
export function allFacts({ pooled, perSlide, sweep, slides }: Evaluation): object {
  return { slides: slides.length, pooled, perSlide: perSlide ?? null, sweep: sweep ?? null };
}

/** Tables that show people how predictions and truths agree. */
export function evaluationText(evaluation: Evaluation, style: Style): string {
  const { slides, pooled, perSlide, sweep } = evaluation;
  const several = slides.length > 1;
  const title = several
    ? `${slides.length} slides, their pixels together`
    : `${fileName(slides[0]!.predicted)} against ${fileName(slides[0]!.truth)}`;
  return [
    ...(several ? [style.strong('slides'), drawn(slideTable(evaluation))] : []),
    style.strong(title),
    drawn(classTable(pooled)),
    pixelsText(pooled),
    ...(pooled.classes.length > 1
      ? [
          style.strong('pixels by true class (rows) and predicted class (columns)'),
          drawn(confusionTable(evaluation, shareText)),
        ]
      : []),
    ...(perSlide ? [style.strong(meansTitle(perSlide.from)), drawn(meansTable(perSlide))] : []),
    ...(sweep ? [style.strong('thresholds, each class against all else'), drawn(thresholdTable(sweep)), sweepNote] : []),
    '',
  ].join('\n');
}

const sweepNote = `  plateau: thresholds whose Dice is at most ${PLATEAU} below the best; left out: mean Dice of each slide at the best threshold of the other slides (of other patients, if patients are known)`;

function pixelsText({ accuracy, confusion, ignored }: Measured): string {
  const compared = confusion.flat().reduce((sum, pixels) => sum + pixels, 0);
  const right = accuracy === undefined ? '' : `, ${percent(accuracy)} of them have the right label`;
  const left = ignored === 0 ? '' : `; ${count(ignored)} were left out, since the truth ignores them`;
  return `  ${count(compared)} pixels were compared${right}${left}`;
}

/** Turns a table of a report into text. */
function drawn({ columns, rows }: ReportTable): string {
  const words = columns.filter(({ kind }) => kind === 'words').length;
  return table([columns.map(({ name }) => name), ...rows.map(({ cells }) => cells.map(({ text }) => text))], words);
}

function shareText(pixels: number, same: number): string {
  return same === 0 ? '-' : percent(pixels / same);
}
