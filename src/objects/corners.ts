/**
 * A closed border, given by its corners `x0, y0, x1, y1, …` on the edges of pixels. It starts at the leftmost of its
 * topmost corners; the first corner is not repeated at the end. The border turns at every corner and passes no corner
 * twice. On the screen it runs clockwise around a region and counter-clockwise around a hole.
 */
export type OutlineRing = readonly number[];

/**
 * The corners of borders that are still open, each linked to the next. Their memory is pooled, since there are dozens
 * for each object.
 */
export interface Corners {
  /**
   * Adds a corner that is linked to no other, and returns its index. `pinched` means that two pixels of the label
   * touch only at this corner, so a border may pass it twice.
   */
  add(x: number, y: number, pinched: boolean): number;
  /** Links a corner to the next one of its border. */
  link(corner: number, next: number): void;
  /** Frees the corners of a closed border. Calls `found` for each of its rings, and tells whether it is an outer ring. */
  take(first: number, found: (ring: OutlineRing, outer: boolean) => void): void;
}

/** Creates a pool without corners. */
export function createCorners(): Corners {
  let xs = new Int32Array(256);
  let ys = new Int32Array(256);
  let nexts = new Int32Array(256);
  let pinches = new Uint8Array(256);
  /**
   * Corners from index `used` on were never used. Freed corners are linked in a list that starts at `free` (-1 if it
   * is empty).
   */
  let used = 0;
  let free = -1;

  function grow(): void {
    const more = <Memory extends Int32Array | Uint8Array>(old: Memory, grown: Memory): Memory => {
      grown.set(old);
      return grown;
    };
    xs = more(xs, new Int32Array(2 * used));
    ys = more(ys, new Int32Array(2 * used));
    nexts = more(nexts, new Int32Array(2 * used));
    pinches = more(pinches, new Uint8Array(2 * used));
  }

  return {
    add(x, y, pinched) {
      let corner = free;
      if (corner >= 0) free = nexts[corner]!;
      else {
        if (used === xs.length) grow();
        corner = used++;
      }
      xs[corner] = x;
      ys[corner] = y;
      pinches[corner] = pinched ? 1 : 0;
      return corner;
    },
    link(corner, next) {
      nexts[corner] = next;
    },
    take(first, found) {
      let start = first;
      let [startX, startY] = [xs[first]!, ys[first]!];
      let [at, x, y] = [first, startX, startY];
      let [count, area, pinched] = [0, 0, 0];
      for (;;) {
        count++;
        pinched |= pinches[at]!;
        const next = nexts[at]!;
        const [nextX, nextY] = [xs[next]!, ys[next]!];
        // Only vertical sides count. Sides at the right of the enclosed area run down, so they count as positive.
        area += x * (nextY - y);
        if (next === first) break;
        if (nextY < startY || (nextY === startY && nextX < startX)) [start, startX, startY] = [next, nextX, nextY];
        [at, x, y] = [next, nextX, nextY];
      }
      const last = at;
      const points = new Array<number>(2 * count);
      const places: number[] = [];
      at = start;
      for (let i = 0; i < 2 * count; i += 2) {
        points[i] = xs[at]!;
        points[i + 1] = ys[at]!;
        if (pinches[at] === 1) places.push(i);
        at = nexts[at]!;
      }
      nexts[last] = free;
      free = first;
      if (pinched === 0) found(points, area > 0);
      else for (const ring of split(points, places)) found(ring, ringArea(ring) > 0);
    },
  };
}

/**
 * Splits a border that may pass a corner twice into rings. `places` are the indices in `points` of such corners. Each
 * time the border comes back to one of them, the part since the first visit becomes a ring of its own.
 */
function split(points: readonly number[], places: readonly number[]): OutlineRing[] {
  const rings: OutlineRing[] = [];
  /** The corners passed so far. `open` and `seen` have those that may be passed again, with their index in `way`. */
  const way: number[] = [];
  const open: { readonly x: number; readonly y: number; readonly at: number }[] = [];
  const seen = new Map<number, Map<number, number>>();
  let next = 0;
  for (let i = 0; i < points.length; i += 2) {
    const [x, y] = [points[i]!, points[i + 1]!];
    if (places[next] === i) {
      next++;
      const since = seen.get(y)?.get(x);
      if (since !== undefined) {
        rings.push(fromTopLeft(way.splice(since)));
        while (open.length > 0 && open.at(-1)!.at >= since) {
          const gone = open.pop()!;
          seen.get(gone.y)!.delete(gone.x);
        }
      }
      let row = seen.get(y);
      if (row === undefined) {
        row = new Map();
        seen.set(y, row);
      }
      row.set(x, way.length);
      open.push({ x, y, at: way.length });
    }
    way.push(x, y);
  }
  rings.push(fromTopLeft(way));
  return rings;
}

function fromTopLeft(points: number[]): OutlineRing {
  let start = 0;
  for (let i = 2; i < points.length; i += 2) {
    if (points[i + 1]! < points[start + 1]! || (points[i + 1] === points[start + 1] && points[i]! < points[start]!)) start = i;
  }
  return start === 0 ? points : [...points.slice(start), ...points.slice(0, start)];
}

/** The area that a ring encloses, in pixels; negative for a ring around a hole. */
function ringArea(ring: OutlineRing): number {
  let area = 0;
  let y = ring[ring.length - 1]!;
  for (let i = 0; i < ring.length; i += 2) {
    // Only vertical sides count. Sides at the right of the enclosed area run down, so they count as positive.
    area += ring[i]! * (ring[i + 1]! - y);
    y = ring[i + 1]!;
  }
  return area;
}
