import { SegtileError } from '../../errors.js';
import type { Size } from '../../types.js';
import { outside } from './polygon.js';
import type { Extent, LabelShape } from './shapes.js';

/** Counts what a file marks, but what covers no pixel of the slide. */
export interface PassedOver {
  /** @param what ends the words `3 …`, such as `of type Point` */
  add(what: string): void;
  /** The shapes that lie on the slide, at least in part; the others are counted. */
  onSlide<Each extends LabelShape>(shape: Each, where: string): Each[];
  /**
   * One line that says what was passed over; none where that was nothing.
   *
   * @param left whether anything is left
   * @throws {SegtileError} `input` where nothing is left of what the file marks
   */
  notes(left: boolean): string[];
}

/** A count that is still 0. */
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
      if (left) return [`${path}: passed over ${words}`];
      if (astray) throw outside(astray.extent, slide, astray.where);
      throw new SegtileError(
        'input',
        `${path} marks nothing that has an area: ${words}`,
        'what is truth is drawn as polygons or given as masks; points, lines and boxes alone are none',
      );
    },
  };
}
