import type { Size, Window } from '../../types.js';
import type { WindowRows } from '../windows/windows.js';
import type { WindowCorner } from './places.js';

/**
 * Groups windows at arbitrary places into rows of windows, so that they can be cut out row by row. Windows with the
 * same `y` form one row. The `index` of a window is the index of its place.
 *
 * @param places sorted from top to bottom, and from left to right for equal `y`
 */
export function rowsOfPlaces(places: readonly WindowCorner[], window: Size): WindowRows {
  const firsts: number[] = [];
  places.forEach(({ y }, index) => {
    if (index === 0 || y !== places[index - 1]!.y) firsts.push(index);
  });
  return {
    window,
    count: firsts.length,
    kept: (row) => {
      const first = firsts[row]!;
      return places.slice(first, firsts[row + 1] ?? places.length).map((place, column): Window => {
        const box = { x: place.x, y: place.y, width: window.width, height: window.height };
        return { index: first + column, row, column, box, core: box };
      });
    },
  };
}
