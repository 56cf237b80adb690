import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { borderScores, scoreBorders } from '../../dist/score/boundary.js';
import { addLabels, emptyConfusion, slotTable } from '../../dist/score/confusion.js';
import { correlation } from '../../dist/score/correlation.js';
import { measure } from '../../dist/score/measures.js';
import { objectF1, scoreObjects } from '../../dist/score/objects.js';
import { addProbabilities, bestThreshold, calibration, diceCurve, emptyHistogram } from '../../dist/score/sweep.js';

const golden = JSON.parse(readFileSync(new URL('../fixtures/score/scores.json', import.meta.url), 'utf8'));
const { width } = golden;
const truth = Uint8Array.from(golden.truth);
const predicted = Uint8Array.from(golden.predicted);
const classes = [1, 2, 3];
const digits = 9;

/** Feeds both masks to something that takes them row by row. */
function rows(take: (truth: Uint8Array, predicted: Uint8Array) => void): void {
  for (let at = 0; at < truth.length; at += width) take(truth.subarray(at, at + width), predicted.subarray(at, at + width));
}

test("areas are scikit-learn's", () => {
  const confusion = emptyConfusion(classes.length);
  addLabels(confusion, slotTable(classes), truth, predicted);
  expect([...confusion.counts]).toEqual(golden.confusion.flat());
  const measured = measure(confusion);
  expect(measured.accuracy).toBeCloseTo(golden.accuracy, digits);
  for (const name of ['dice', 'iou', 'precision', 'recall'] as const) {
    const { classes: each, macro, micro } = golden[name];
    measured.classes.forEach((own, i) => {
      expect(own[name]).toBeCloseTo(each[i], digits);
    });
    expect(measured.macro[name]).toBeCloseTo(macro, digits);
    expect(measured.micro[name]).toBeCloseTo(micro, digits);
  }
});

test.each(['0', '1', '1.5', '4'])("borders within %s px are those of SciPy's distances", (tolerance) => {
  const scorer = scoreBorders(width, Number(tolerance));
  rows(scorer.row);
  const found = scorer.finish();
  expect(classes.map((label) => found.get(label))).toEqual(golden.borders[tolerance]);
});

test("objects are scikit-image's", () => {
  const scorer = scoreObjects();
  rows(scorer.row);
  const found = scorer.finish();
  expect(classes.map((label) => found.get(label))).toEqual(golden.objects);
});

test("Dice at every threshold and calibration are scikit-learn's", () => {
  const histogram = emptyHistogram('uint8');
  const probabilities = Float32Array.from(golden.scores, (score: number) => score / 255);
  addProbabilities(histogram, probabilities, truth, 1);
  const curve = diceCurve(histogram);
  golden.sweep.forEach((dice: number, k: number) => {
    expect(curve[k]).toBeCloseTo(dice, digits);
  });
  expect(bestThreshold(curve).dice).toBeCloseTo(Math.max(...golden.sweep), digits);
  const { curve: bins, error } = calibration(histogram);
  expect(error).toBeCloseTo(golden.calibration.error, digits);
  expect(bins.map(({ pixels }) => pixels)).toEqual(golden.calibration.curve.map(([, , n]: number[]) => n));
  bins.forEach((bin, i) => {
    expect(bin.predicted).toBeCloseTo(golden.calibration.curve[i][0], digits);
    expect(bin.actual).toBeCloseTo(golden.calibration.curve[i][1], digits);
  });
});

test("correlations are SciPy's", () => {
  const { pearson, spearman, count } = correlation(golden.pairs);
  expect(pearson).toBeCloseTo(golden.pearson, digits);
  expect(spearman).toBeCloseTo(golden.spearman, digits);
  expect(count).toBe(golden.pairs.length);
  expect(
    correlation([
      [1, 1],
      [2, 1],
      [3, 1],
    ]).pearson,
  ).toBe(undefined);
});

test('what neither has is right, what only one has is wrong', () => {
  expect(borderScores({ truth: 0, predicted: 0, found: 0, right: 0 })).toEqual({ precision: 1, recall: 1, f: 1 });
  expect(borderScores({ truth: 0, predicted: 3, found: 0, right: 0 }).f).toBe(0);
  expect(borderScores({ truth: 4, predicted: 2, found: 1, right: 2 })).toEqual({ precision: 1, recall: 0.25, f: 0.4 });
  expect(objectF1({ truth: 0, predicted: 0, matched: 0 })).toBe(1);
  expect(objectF1({ truth: 3, predicted: 1, matched: 1 })).toBe(0.5);
});
