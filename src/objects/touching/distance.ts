/**
 * The squared distance of each pixel to the nearest one that is 0, middle to middle, in pixels: Meijster's exact transform, a pass down the columns and one along the
 * rows. Where no pixel is 0 it is at least the squared sum of the sides.
 *
 * @param set `width * height` pixels
 * @param squares as many, which are written
 */
export function squaredDistances(set: Uint8Array, width: number, height: number, squares: Int32Array): void {
  const far = width + height;
  // Down, then up each column: how far away the nearest 0 of the column is.
  for (let x = 0; x < width; x++) {
    let away = far;
    for (let y = 0, at = x; y < height; y++, at += width) {
      away = set[at] === 0 ? 0 : Math.min(away + 1, far);
      squares[at] = away;
    }
    away = far;
    for (let y = height - 1, at = y * width + x; y >= 0; y--, at -= width) {
      away = Math.min(squares[at]!, away + 1);
      squares[at] = away;
    }
  }
  const columns = new Int32Array(width);
  const from = new Int32Array(width);
  const own = new Int32Array(width);
  for (let y = 0; y < height; y++) {
    const line = squares.subarray(y * width, (y + 1) * width);
    for (let x = 0; x < width; x++) own[x] = line[x]! * line[x]!;
    /** Of the distance to the nearest 0 of column `i`, at column `x`. */
    const square = (x: number, i: number): number => (x - i) * (x - i) + own[i]!;
    // The columns whose parabola is the lowest from some column on, left to right.
    let last = 0;
    columns[0] = 0;
    from[0] = 0;
    for (let x = 1; x < width; x++) {
      while (last >= 0 && square(from[last]!, columns[last]!) > square(from[last]!, x)) last--;
      if (last < 0) {
        last = 0;
        columns[0] = x;
        continue;
      }
      const i = columns[last]!;
      const cross = 1 + Math.floor((x * x - i * i + own[x]! - own[i]!) / (2 * (x - i)));
      if (cross >= width) continue;
      last++;
      columns[last] = x;
      from[last] = cross;
    }
    for (let x = width - 1; x >= 0; x--) {
      line[x] = square(x, columns[last]!);
      if (x === from[last]) last--;
    }
  }
}
