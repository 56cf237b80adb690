import { SegtileError } from '../../errors.js';
import type { Size } from '../../types.js';
import { outside } from './polygon.js';
import type { Extent, LabelShape } from './shapes.js';

/** Counts the annotations of a file that cover no pixel of the slide and are skipped. */
export interface PassedOver {
  /** @param what follows the count in the note, such as `of type Point` in `3 of type Point` */
  add(what: string): void;
  /** A list with the shape if it lies on the slide, at least in part; otherwise an empty list, and the shape is counted. */
  onSlide<Each extends LabelShape>(shape: Each, where: string): Each[];
  /**
   * One line that says what was skipped; none if nothing was.
   *
   * @param left whether any annotation was not skipped
   * @throws {SegtileError} `input` if all were skipped
   */
  notes(left: boolean): string[];
}

/** Starts to count at 0. */
export function passedOver(path: string, slide: Size): PassedOver {
  const counts = new Map<string, number>();
  let astray: { readonly extent: Extent; readonly where: string } | undefined;
  const add = (what: string): void => void counts.set(what, (counts.get(what) ?? 0) + 1);
  return {
    add,
    onSlide: (shape, where) => {
      const { left, top, right, bottom } = shape.extent;
      if (left < slide.width && top < slide.height && right > 0 && bottom > 0) return [shape];
      astray ??= { extent: shape.extent, where };
      add('off the slide');
      return [];
    },
    notes: (left) => {
      if (counts.size === 0) return [];
      const words = [...counts].map(([what, count]) => `${count} ${what}`).join(', ');
      if (left) return [`${path}: skipped annotations: ${words}`];
      if (astray) throw outside(astray.extent, slide, astray.where);
      throw new SegtileError(
        'input',
        `${path} has no annotation with an area: ${words}`,
        'give polygons or masks as truth, not points, lines or boxes',
      );
    },
  };
}
