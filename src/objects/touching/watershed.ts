/**
 * Floods an object from its seeds, as scikit-image's `watershed(-distance, seeds, mask=object, connectivity=2)` does.
 * The pixel with the largest distance is processed next; on a tie, the one that was reached first. It passes its
 * label to those of its eight neighbours that have none, sides before corners. All seeds count as reached at the same
 * time, so among them reading order decides. In scikit-image this depends on its heap.
 *
 * @param squares squared distances; 0 is outside
 * @param labels of the seeds, from 1 on, else 0; receives the labels of all other pixels
 */
export function flood(squares: Int32Array, labels: Int32Array, width: number, height: number): void {
  const steps = [-width, -1, 1, width, -width - 1, -width + 1, width - 1, width + 1];
  const heap = createHeap(squares);
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1, at = y * width + 1; x < width - 1; x++, at++) {
      if (labels[at] !== 0 && steps.some((step) => labels[at + step] === 0 && squares[at + step]! > 0)) heap.push(at);
    }
  }
  for (let at = heap.pop(); at >= 0; at = heap.pop()) {
    for (const step of steps) {
      const next = at + step;
      if (labels[next] !== 0 || squares[next] === 0) continue;
      labels[next] = labels[at]!;
      heap.push(next);
    }
  }
}

/**
 * A priority queue of pixels. The pixel with the largest distance comes out first; on a tie, the one that went in
 * first. `pop` returns -1 if it is empty.
 */
function createHeap(squares: Int32Array): { push(pixel: number): void; pop(): number } {
  let pixels = new Int32Array(1024);
  let ages = new Int32Array(1024);
  let count = 0;
  let age = 0;
  const before = (pixel: number, old: number, at: number): boolean => {
    const [a, b] = [squares[pixel]!, squares[pixels[at]!]!];
    return a > b || (a === b && old < ages[at]!);
  };
  return {
    push(pixel) {
      if (count === pixels.length) {
        const [morePixels, moreAges] = [new Int32Array(2 * count), new Int32Array(2 * count)];
        morePixels.set(pixels);
        moreAges.set(ages);
        [pixels, ages] = [morePixels, moreAges];
      }
      let at = count++;
      const own = age++;
      while (at > 0) {
        const parent = (at - 1) >> 1;
        if (!before(pixel, own, parent)) break;
        pixels[at] = pixels[parent]!;
        ages[at] = ages[parent]!;
        at = parent;
      }
      pixels[at] = pixel;
      ages[at] = own;
    },
    pop() {
      if (count === 0) return -1;
      const first = pixels[0]!;
      count--;
      const [pixel, own] = [pixels[count]!, ages[count]!];
      let at = 0;
      for (;;) {
        let child = 2 * at + 1;
        if (child >= count) break;
        if (child + 1 < count && before(pixels[child + 1]!, ages[child + 1]!, child)) child++;
        if (before(pixel, own, child)) break;
        pixels[at] = pixels[child]!;
        ages[at] = ages[child]!;
        at = child;
      }
      pixels[at] = pixel;
      ages[at] = own;
      return first;
    },
  };
}
