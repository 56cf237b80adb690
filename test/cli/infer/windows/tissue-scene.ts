import { join } from 'node:path';
import sharp from 'sharp';
import type { Size } from '../../../../dist/types.js';
import { unet } from '../../../model/networks.ts';
import { save, speckled, writeSlide } from '../../door.ts';

/** A piece of tissue, in px of the slide. */
type Piece = readonly [left: number, top: number, width: number, height: number];

/**
 * Makes a slide (`slide.tif`), a mask of its tissue (`tissue.png`), and a network of which margin and phase are known
 * (`net.onnx`) in a folder.
 *
 * @returns whether a pixel is tissue
 */
export async function makeTissueScene(
  folder: string,
  { width, height }: Size,
  pieces: readonly Piece[],
): Promise<(x: number, y: number) => boolean> {
  const isTissue = (x: number, y: number): boolean =>
    pieces.some(([left, top, w, h]) => x >= left && x < left + w && y >= top && y < top + h);
  await writeSlide(join(folder, 'slide.tif'), width, height, speckled, { pyramid: false });
  const data = Buffer.from(
    Array.from({ length: width * height }, (_, i) => Number(isTissue(i % width, Math.floor(i / width)))),
  );
  await sharp(data, { raw: { width, height, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toFile(join(folder, 'tissue.png'));
  save(folder, 'net.onnx', unet(0.02, { channels: 2 }));
  save(folder, 'net.segtile.json', JSON.stringify({ activation: 'sigmoid', margin: 16, phase: 4 }));
  return isTissue;
}
