import { SegtileError } from '../../errors.js';
import { meant } from '../../plan/text/meant.js';
import type { Size } from '../../types.js';
import { requireSameShape, stretchNotes } from '../aspect.js';
import type { TruthConfig } from '../config.js';
import { namedAlike, nearestNamed } from '../slide-names.js';
import { columnsBuilder } from './columns.js';
import { labeller } from './naming.js';
import { type PassedOver, passedOver } from './passed-over.js';
import { enclosingRings, polygonOf, show } from './polygon.js';
import type { LabelShape, PixelColumns } from './shapes.js';

/** An image of a COCO file, https://cocodataset.org/#format-data. */
interface CocoImage extends Size {
  readonly id: unknown;
  readonly file_name: string;
}

/** An annotation as in the file, and its number in the file, counted from 1. */
interface Annotation {
  readonly number: number;
  readonly value: Readonly<Record<string, unknown>>;
}

/** Takes the entries of the lists of a COCO file one by one, and gives the shapes of one of its images. */
export interface CocoReader {
  add(list: string, value: unknown): void;
  /** @throws {SegtileError} `input` if the image is missing, or several have its name */
  image(): Size;
  /**
   * Shapes in the order of the annotations; an annotation with several polygons gives several shapes. Annotations that
   * cover no pixel of the slide (boxes without a mask, rings that enclose nothing, polygons outside the image) are
   * skipped, and a note says how many.
   *
   * @throws {SegtileError} `input` if the image is missing or has another shape than the slide, if an annotation is
   *   malformed or has an unknown category, and if every annotation was skipped
   */
  shapes(): { readonly shapes: LabelShape[]; readonly notes: readonly string[] };
}

/**
 * Reads the truth of one image of a COCO file. Polygons and runs (plain and compressed) are in pixels of the image, which may
 * be smaller than the slide.
 *
 * @param name of the slide, which is the file name of the image, with or without folder and ending
 */
export function cocoReader(path: string, name: string, slide: Size, config: TruthConfig): CocoReader {
  const images: CocoImage[] = [];
  const annotations: Annotation[] = [];
  const categories = new Map<unknown, unknown>();
  let count = 0;
  return {
    add: (list, value) => {
      if (typeof value !== 'object' || value === null)
        throw new SegtileError(
          'input',
          `${path}: an entry of "${list}" is ${JSON.stringify(value)}, not an object`,
          'export it again',
        );
      const entry = value as Readonly<Record<string, unknown>>;
      if (list === 'images') images.push(imageOf(path, entry));
      else if (list === 'categories') categories.set(entry.id, entry.name);
      else {
        count++;
        // Images usually come before annotations, so annotations of other images need not be kept.
        const isMine = ({ id, file_name }: CocoImage) => id === entry.image_id && namedAlike(file_name, name) > 0;
        if (images.length === 0 || images.some(isMine)) annotations.push({ number: count, value: entry });
      }
    },
    image: () => pick(path, images, name),
    shapes: () => {
      const image = pick(path, images, name);
      const named = `${path}: image ${image.file_name}`;
      requireSameShape(named, image, slide);
      const labelOf = labeller(config);
      const passed = passedOver(path, slide);
      let left = false;
      const shapes = annotations.flatMap(({ number, value }) => {
        if (value.image_id !== image.id) return [];
        const where = `${path}: annotation ${number}`;
        const found = shapesOf(value.segmentation, image, slide, where, passed);
        if (found === undefined) return [];
        // Only annotations with an area need a category.
        left = true;
        const category = categories.get(value.category_id);
        if (typeof category !== 'string')
          throw new SegtileError(
            'input',
            `${where} has the category ${value.category_id}, which is not listed`,
            'export it again',
          );
        const label = labelOf({ name: category, color: undefined }, where);
        return label === undefined ? [] : found.map((shape) => ({ ...shape, label }));
      });
      return { shapes, notes: [...stretchNotes(named, image, slide), ...passed.notes(left)] };
    },
  };
}

function imageOf(path: string, { id, file_name, width, height }: Readonly<Record<string, unknown>>): CocoImage {
  if (typeof file_name === 'string' && isSide(width) && isSide(height)) return { id, file_name, width, height };
  throw new SegtileError(
    'input',
    `${path}: image ${JSON.stringify(id)} lacks its file_name, width or height`,
    'export it again',
  );
}

function isSide(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

function pick(path: string, images: readonly CocoImage[], name: string): CocoImage {
  const mine = nearestNamed(images, name, ({ file_name }) => file_name);
  if (mine.length === 1) return mine[0]!;
  const names = images.map(({ file_name }) => file_name);
  const some = names.slice(0, 5).join(', ') + (names.length > 5 ? `, … (${names.length} in all)` : '');
  const what = mine.length === 0 ? `no image named ${name}${meant(name, names)}` : `${mine.length} images named ${name}`;
  throw new SegtileError('input', `${path} has ${what}`, `its images are ${some || 'none'}`);
}

/** The shapes of an annotation; undefined if none lies on the slide, which is counted as skipped. */
function shapesOf(
  segmentation: unknown,
  image: CocoImage,
  slide: Size,
  where: string,
  passed: PassedOver,
): LabelShape[] | undefined {
  if (segmentation === undefined || segmentation === null) return void passed.add('with a box but no mask');
  if (Array.isArray(segmentation)) {
    if (segmentation.length === 0) return void passed.add('with a box but no mask');
    // In some files a single polygon has no list around it.
    const flats: unknown[] = typeof segmentation[0] === 'number' ? [segmentation] : segmentation;
    const scale = [slide.width / image.width, slide.height / image.height] as const;
    const shapes = flats.flatMap((flat) => {
      const rings = enclosingRings([ringOf(flat, where)], where);
      if (rings) return passed.onSlide(polygonOf(0, rings, scale), where);
      passed.add('with a ring that encloses nothing');
      return [];
    });
    return shapes.length === 0 ? undefined : shapes;
  }
  const { counts, size } = segmentation as { counts?: unknown; size?: unknown };
  if (!Array.isArray(size) || size.length !== 2 || (typeof counts !== 'string' && !Array.isArray(counts)))
    throw new SegtileError(
      'input',
      `${where} has the segmentation ${show(segmentation)}`,
      'expected polygons, or runs with a size and counts',
    );
  if (size[0] !== image.height || size[1] !== image.width)
    throw new SegtileError(
      'input',
      `${where} has runs for ${size[1]} × ${size[0]} px, but its image has ${image.width} × ${image.height}`,
      'export it again',
    );
  const shape = runsOf(typeof counts === 'string' ? unpackCounts(counts) : counts, image, slide, where);
  return shape.tops.length === 0 ? [] : [shape];
}

function ringOf(flat: unknown, where: string): unknown {
  if (!Array.isArray(flat)) return flat;
  if (flat.length % 2 === 0) return Array.from({ length: flat.length / 2 }, (_, i) => flat.slice(2 * i, 2 * i + 2));
  throw new SegtileError(
    'input',
    `${where} is not a polygon: it has ${flat.length} numbers, not pairs of x and y`,
    'export it again, or delete it',
  );
}

/**
 * The shape of COCO's counts, which alternate between pixels outside and inside, down the first column, then down the
 * second, and so on.
 */
function runsOf(counts: readonly unknown[], image: Size, slide: Size, where: string): PixelColumns {
  const builder = columnsBuilder(image, slide);
  const pixels = image.width * image.height;
  let at = 0;
  for (const [index, count] of counts.entries()) {
    if (!Number.isSafeInteger(count) || (count as number) < 0)
      throw new SegtileError(
        'input',
        `${where}: count ${index + 1} of its runs is ${JSON.stringify(count)}`,
        'export it again',
      );
    if (index % 2 === 1 && at + (count as number) <= pixels) builder.add(at, count as number);
    at += count as number;
  }
  if (at === pixels) return builder.build(0);
  throw new SegtileError('input', `${where} has runs of ${at} pixels in all, but its image has ${pixels}`, 'export it again');
}

/**
 * Decodes the counts from COCO's text form (cocoapi, common/maskApi.c, rleToString). A number is written in digits of 5
 * bits, lowest first, as characters from "0" on; bit 5 is set if more digits follow. From the third count on, the
 * number is the difference to the count two places before.
 */
function unpackCounts(text: string): number[] {
  const counts: number[] = [];
  for (let at = 0; at < text.length; ) {
    let value = 0;
    let weight = 1;
    let digit = 0;
    do {
      digit = text.charCodeAt(at++) - 48;
      value += (digit & 31) * weight;
      weight *= 32;
    } while (digit & 32 && at < text.length);
    if (digit & 16) value -= weight;
    counts.push(counts.length > 2 ? value + counts.at(-2)! : value);
  }
  return counts;
}
