import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addConfusion, addLabels, areasOf, countedPixels, emptyConfusion, iou, slotTable } from '../../dist/score/confusion.js';
import { spreadOf } from '../../dist/score/spread.js';

const labels = [1, 4, 254];
const table = slotTable(labels);
const label = fc.constantFrom(0, ...labels);
const masks = fc
  .array(fc.tuple(fc.oneof({ weight: 8, arbitrary: label }, { weight: 1, arbitrary: fc.constant(255) }), label), {
    maxLength: 60,
  })
  .map((pixels) => ({ truth: pixels.map(([is]) => is), predicted: pixels.map(([, takenFor]) => takenFor) }));

/** IoU from sets of places. */
function bruteForce(truth: readonly number[], predicted: readonly number[], wanted: number): number {
  const places = (mask: readonly number[]) =>
    new Set(mask.flatMap((each, i) => (each === wanted && truth[i] !== 255 ? [i] : [])));
  const [a, b] = [places(truth), places(predicted)];
  const union = new Set([...a, ...b]);
  return union.size === 0 ? 1 : [...a].filter((place) => b.has(place)).length / union.size;
}

describe('a confusion', () => {
  it('gives the IoU of sets of places, however the mask is cut to pieces', () => {
    fc.assert(
      fc.property(masks, fc.nat(60), ({ truth, predicted }, cut) => {
        const whole = emptyConfusion(labels.length);
        for (const [from, to] of [[0, cut] as const, [cut, truth.length] as const]) {
          const piece = emptyConfusion(labels.length);
          const bad = addLabels(
            piece,
            table,
            Uint8Array.from(truth.slice(from, to)),
            Uint8Array.from(predicted.slice(from, to)),
          );
          expect(bad).toBe(undefined);
          addConfusion(whole, piece);
        }
        labels.forEach((wanted, i) => {
          expect(iou(areasOf(whole, i + 1))).toBe(bruteForce(truth, predicted, wanted));
        });
        const compared = truth.flatMap((is, i) => (is === 255 ? [] : [is === predicted[i]]));
        expect(whole.ignored).toBe(truth.length - compared.length);
        expect(countedPixels(whole)).toEqual({ counted: compared.length, wrong: compared.filter((right) => !right).length });
      }),
    );
  });

  it('is 1 for a class in neither, and 0 for one in only one of the two', () => {
    expect(iou({ truth: 0, predicted: 0, both: 0 })).toBe(1);
    expect(iou({ truth: 5, predicted: 0, both: 0 })).toBe(0);
    expect(iou({ truth: 0, predicted: 5, both: 0 })).toBe(0);
    expect(iou({ truth: 2, predicted: 3, both: 1 })).toBe(0.25);
  });

  it('says where a label belongs to no class, in truth or prediction, but takes any prediction where the truth is ignored', () => {
    const at = (truth: number[], predicted: number[]) =>
      addLabels(emptyConfusion(3), table, Uint8Array.from(truth), Uint8Array.from(predicted));
    expect(at([0, 1, 4], [0, 1, 2])).toBe(2);
    expect(at([0, 3, 4], [0, 1, 4])).toBe(1);
    expect(at([0, 1, 4], [255, 1, 4])).toBe(0);
    expect(at([255, 255], [255, 7])).toBe(undefined);
  });
});

describe('a spread', () => {
  it('has the quantiles of numpy.quantile, and none of nothing', () => {
    // numpy.quantile([0.1, 0.4, 0.2, 0.9, 0.7], [0.05, 0.25, 0.5, 0.75, 0.95])
    const { count, mean, quantiles } = spreadOf([0.1, 0.4, 0.2, 0.9, 0.7])!;
    expect(count).toBe(5);
    expect(mean).toBeCloseTo(0.46, 12);
    [0.12, 0.2, 0.4, 0.7, 0.86].forEach((value, i) => {
      expect(quantiles[i]).toBeCloseTo(value, 12);
    });
    expect(spreadOf([0.3])!.quantiles).toEqual([0.3, 0.3, 0.3, 0.3, 0.3]);
    expect(spreadOf([])).toBe(undefined);
  });
});
