import { expect } from 'vitest';
import type { Case } from '../table.ts';

const ignored = (kind: string, orientation: number): RegExp =>
  new RegExp(`${kind} orientation ${orientation} \\(.*\\) is ignored`);

/** Images that are to be shown turned. */
export const cases: readonly Case[] = [
  {
    name: 'truth/photo.jpg + coco.json: EXIF orientation 3 is said, in every command',
    check: async ({ copy, segtile, labelled }) => {
      const [photo, truth, model] = copy('truth/photo.jpg', 'truth/coco.json', 'tissue/m.onnx') as [string, string, string];
      const said = ignored('EXIF', 3);
      expect((await segtile(['info', photo])).stdout).toMatch(said);
      expect((await labelled(photo, model, '--tissue', 'none')).stderr).toMatch(said);
      const cut = await segtile(['make-dataset', photo, '--truth', truth, '--window', '256', '--tissue', 'none', '-o', 'set']);
      expect(cut.stderr).toMatch(said);
      const ways = ['-m', model, '--resize', '256', '--no-report', '-o', 'compare'];
      const compared = await segtile(['compare', photo, '--truth', truth, ...ways]);
      expect(compared.stderr).toMatch(said);
    },
  },
  {
    name: 'tiff/orientation6.tif: read, with a note',
    check: async ({ input, segtile, labelled }) => {
      const path = input('tiff/orientation6.tif');
      expect((await segtile(['info', path])).stdout).toMatch(ignored('TIFF', 6));
      const { stderr, width, height } = await labelled(path, input('tissue/m.onnx'), '--tissue', 'none');
      expect(stderr).toMatch(ignored('TIFF', 6));
      expect([width, height]).toEqual([320, 300]);
    },
  },
];
