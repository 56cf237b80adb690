/**
 * Computes the squared distance, in pixels, from the centre of each pixel to the centre of the nearest pixel with
 * value 0. This is Meijster's exact transform: one pass down and up the columns, and one along the rows. If no pixel
 * is 0, the results are at least `(width + height)^2`.
 *
 * @param set `width * height` pixels
 * @param squares receives as many squared distances
 */
export function squaredDistances(set: Uint8Array, width: number, height: number, squares: Int32Array): void {
  const far = width + height;
  // The distance to the nearest 0 in the same column: first down, then up.
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
    /** The squared distance, at column `x`, to the nearest 0 of column `i`. */
    const square = (x: number, i: number): number => (x - i) * (x - i) + own[i]!;
    // The columns whose parabolas form the lower envelope, from left to right. The parabola of `columns[k]` is the
    // lowest from column `from[k]` on.
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
