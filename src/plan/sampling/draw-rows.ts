import type { Size, Window } from '../../types.js';
import type { WindowRows } from '../windows/windows.js';
import type { WindowCorner } from './places.js';

/**
 * Windows at any places as rows of windows that can be cut: those with the same `y` are one row. A window's `index` is its place's.
 *
 * @param places from top to bottom, and left to right where `y` is the same
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
