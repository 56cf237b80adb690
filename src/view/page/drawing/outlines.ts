/** The borders of the areas of each label in a tile, by label. They run along the sides of pixels, in px of the tile. */
export type Outlines = ReadonlyMap<number, Path2D>;

/**
 * Finds the lines at which labels change.
 *
 * @param labels the labels of a rectangle that is larger than the tile by one pixel on each side
 * @param width the width of the tile, in px
 * @param height the height of the tile, in px
 */
export function outlinesOf(labels: Uint8Array, width: number, height: number): Outlines {
  const paths = new Map<number, Path2D>();
  const stride = width + 2;
  const line = (label: number, x1: number, y1: number, x2: number, y2: number): void => {
    if (label === 0) return;
    let path = paths.get(label);
    if (path === undefined) {
      path = new Path2D();
      paths.set(label, path);
    }
    path.moveTo(x1, y1);
    path.lineTo(x2, y2);
  };
  // Consecutive pixel sides that are on one line and separate the same two labels become one stroke.
  for (let y = 0; y <= height; y++) {
    for (let x = 0; x < width; ) {
      const [above, below] = [labels[y * stride + x + 1]!, labels[(y + 1) * stride + x + 1]!];
      let end = x + 1;
      if (above !== below) {
        while (end < width && labels[y * stride + end + 1] === above && labels[(y + 1) * stride + end + 1] === below) end++;
        if (y > 0) line(above, x, y, end, y);
        if (y < height) line(below, x, y, end, y);
      }
      x = end;
    }
  }
  for (let x = 0; x <= width; x++) {
    for (let y = 0; y < height; ) {
      const at = (y + 1) * stride + x;
      const [left, right] = [labels[at]!, labels[at + 1]!];
      let end = y + 1;
      if (left !== right) {
        while (end < height && labels[(end + 1) * stride + x] === left && labels[(end + 1) * stride + x + 1] === right) end++;
        if (x > 0) line(left, x, y, x, end);
        if (x < width) line(right, x, y, x, end);
      }
      y = end;
    }
  }
  return paths;
}
