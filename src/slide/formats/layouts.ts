import type { Tiff } from '../../tiff/container.js';
import { isImagej } from '../mpp/imagej-mpp.js';
import { isOme } from '../mpp/mpp.js';
import { withoutColourTables } from './colour-tables.js';
import { imagejLayout } from './imagej.js';
import type { SlideLayout } from './layout.js';
import { isLeica, leicaLayout } from './leica.js';
import { plainLayout } from './levels.js';
import { ndpiLayout } from './ndpi.js';
import { omeLayout } from './ome.js';
import { isPhilips, philipsLayout } from './philips.js';
import { isQptiff, qptiffLayout } from './qptiff.js';

/**
 * Finds out what each directory of a TIFF file means for the slide, from the conventions of the software that wrote it.
 * If the software is not known, the TIFF tags decide.
 *
 * @throws {SegtileError} `input` if sub-directories cannot be read
 */
export async function layOut(tiff: Tiff): Promise<SlideLayout> {
  return withoutColourTables(await layOutByMaker(tiff), tiff.directories[0]!);
}

async function layOutByMaker(tiff: Tiff): Promise<SlideLayout> {
  const { directories } = tiff;
  const first = directories[0]!;
  if (first.hamamatsu !== undefined) return ndpiLayout(directories);
  if (isQptiff(first)) return qptiffLayout(directories);
  if (isPhilips(first)) return philipsLayout(directories);
  if (isLeica(first.description)) return leicaLayout(directories);
  if (isOme(first.description)) return omeLayout(tiff, first.description);
  if (isImagej(first.description)) return imagejLayout(tiff);
  const plain = await plainLayout(directories, tiff.subDirectories);
  if (directories.some(({ xmp }) => xmp?.includes('<iScan'))) {
    const hint = 'convert it to OME-TIFF with QuPath or bfconvert, which put the tiles in their places';
    return { ...plain, format: 'Ventana BIF', refusal: { message: 'is a Ventana BIF, whose tiles overlap', hint } };
  }
  return plain.format === 'TIFF' && tiff.big ? { ...plain, format: 'BigTIFF' } : plain;
}
