import { describe, expect, it } from 'vitest';
import { isMixed, makeCopy } from '../../dist/augment/apply.js';
import { parseAugmentation } from '../../dist/augment/parse.js';
import type { AugmentStep } from '../../dist/augment/steps.js';
import { labelAt, labels, placeOf, places } from './pictures.js';

const size = { width: 48, height: 48 };
const tile = { image: places(48, 48), mask: labels(48, 48) };
const partner = { id: 'other', image: places(48, 48), mask: labels(48, 48, (x, y) => (x < y ? 9 : 0)) };
const steps = (...list: (Partial<AugmentStep> & Pick<AugmentStep, 'kind'>)[]): readonly AugmentStep[] =>
  parseAugmentation(JSON.stringify({ seed: 5, steps: list }), 'test').steps;

describe('a copy', () => {
  it('has each label where the pixel of its place went, whatever turns and flips it', () => {
    const list = steps(
      { kind: 'flip-horizontal', probability: 0.5 },
      { kind: 'rotate90', probability: 0.7 },
      { kind: 'flip-vertical', probability: 0.5 },
    );
    const seen = new Set<string>();
    for (let i = 0; i < 60; i++) {
      const copy = makeCopy(tile, size, list, `copy ${i}`, undefined);
      seen.add(copy.image.data.join());
      for (let at = 0; at < 48 * 48; at++) {
        const [x, y] = placeOf(copy.image, at);
        if (copy.mask.data[at] !== labelAt(x, y)) throw new Error(`label ${copy.mask.data[at]} at (${x}, ${y})`);
      }
    }
    expect(seen.size).toBe(8);
  });

  it('shows its box where it is cropped, image and labels alike', () => {
    for (let i = 0; i < 20; i++) {
      const copy = makeCopy(tile, size, steps({ kind: 'non-empty-crop', scale: [0.3, 0.6] }), `copy ${i}`, undefined);
      const { box } = copy;
      expect(copy.done).toEqual([
        { kind: 'non-empty-crop', words: `non-empty-crop box=${box.width}x${box.height}+${box.x}+${box.y}` },
      ]);
      for (let at = 0; at < 48 * 48; at++) {
        const x = box.x + Math.floor((((at % 48) + 0.5) * box.width) / 48);
        const y = box.y + Math.floor(((Math.floor(at / 48) + 0.5) * box.height) / 48);
        expect(copy.mask.data[at]).toBe(labelAt(x, y));
        const [px, py] = placeOf(copy.image, at);
        expect(Math.abs(px - x) <= 1 && Math.abs(py - y) <= 1).toBe(true);
      }
    }
  });

  it('takes each step as likely as it says, on its own', () => {
    const list = steps(
      { kind: 'flip-horizontal', probability: 0.25 },
      { kind: 'flip-horizontal', probability: 0.75 },
      { kind: 'mixup', probability: 0.5 },
    );
    const counts = [0, 0, 0, 0];
    for (let i = 0; i < 1000; i++) {
      const { done } = makeCopy({ image: places(2, 2), mask: labels(2, 2) }, size, list.slice(0, 2), `copy ${i}`, undefined);
      counts[done.length]!++;
      if (isMixed(list, `copy ${i}`)) counts[3]!++;
    }
    // 0.75 * 0.25, 0.25 * 0.25 + 0.75 * 0.75, 0.25 * 0.75, 0.5.
    [187.5, 625, 187.5, 500].forEach((wanted, i) => {
      expect(Math.abs(counts[i]! - wanted)).toBeLessThan(5 * Math.sqrt(wanted));
    });
  });

  it('is mixed once, and not without a partner', () => {
    const list = steps({ kind: 'mixup' }, { kind: 'cutmix' });
    expect(isMixed(list, 'copy')).toBe(true);
    const mixed = makeCopy(tile, size, list, 'copy', partner);
    expect(mixed.done.map(({ kind }) => kind)).toEqual(['mixup']);
    expect(mixed.mixed).toMatchObject({ partner: 'other', mask: partner.mask });
    const alone = makeCopy(tile, size, list, 'copy', undefined);
    expect([alone.done, alone.mixed, alone.image]).toEqual([[], undefined, tile.image]);
  });

  it('has labels of both tiles of cutmix where their pixels are, and the ratio is the share of its own', () => {
    for (let i = 0; i < 20; i++) {
      const list = steps({ kind: 'cutmix' }, { kind: 'rotate90' }, { kind: 'cutout', mask: 'keep' });
      const { mixed, mask } = makeCopy({ ...tile, mask: labels(48, 48, () => 2) }, size, list, `copy ${i}`, {
        ...partner,
        mask: labels(48, 48, () => 3),
      });
      const own = mask.data.filter((label) => label === 2).length;
      expect(mixed!.ratio).toBeCloseTo(own / (48 * 48), 12);
      mask.data.forEach((label, at) => {
        expect([label, mixed!.mask.data[at]]).toEqual(label === 2 ? [2, 255] : [255, 3]);
      });
    }
  });

  it('is the same for the same name, and the tile stays as it was', () => {
    const list = steps({ kind: 'stain-jitter' }, { kind: 'cutout' }, { kind: 'grid-dropout' }, { kind: 'cutmix' });
    const before = [tile.image.data.slice(), tile.mask.data.slice()];
    expect(makeCopy(tile, size, list, 'copy', partner)).toEqual(makeCopy(tile, size, list, 'copy', partner));
    expect(makeCopy(tile, size, list, 'copy', partner)).not.toEqual(makeCopy(tile, size, list, 'another', partner));
    expect([tile.image.data, tile.mask.data]).toEqual(before);
  });
});
