import { createRandom } from '../../../dist/plan/sampling/random.js';
import type { RasterRows, Size } from '../../../dist/types.js';

/** Side of a grid cell, in px. Each object lies in its own cell. */
const CELL = 21;

/**
 * Yields rows of labels, with an ellipse of any direction in each cell that is not cut off at the right. Some of them
 * touch their neighbours.
 */
export function* nucleiRows({ width, height }: Size): Generator<RasterRows> {
  const random = createRandom(1, 'objects');
  let drawn = 0;
  const draw = (): number => random.pair(drawn++)[0];
  for (let y = 0; y < height; y += CELL) {
    const count = Math.min(CELL, height - y);
    const data = new Uint8Array(width * count);
    for (let x = 0; x + CELL <= width; x += CELL) {
      const [a, b, angle] = [5 + 5 * draw(), 4 + 3 * draw(), Math.PI * draw()];
      const [sin, cos] = [Math.sin(angle), Math.cos(angle)];
      const [middleX, middleY] = [x + 9 + 3 * draw(), 9 + 3 * draw()];
      for (let r = 0; r < count; r++) {
        for (let column = x; column < x + CELL; column++) {
          const [dx, dy] = [column + 0.5 - middleX, r + 0.5 - middleY];
          if (((dx * cos + dy * sin) / a) ** 2 + ((dy * cos - dx * sin) / b) ** 2 < 1) data[r * width + column] = 1;
        }
      }
    }
    yield { y, width, height: count, channels: 1, data };
  }
}
