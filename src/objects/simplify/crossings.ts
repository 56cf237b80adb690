/** The sides of some rings: for each, its two ends as `ax, ay, bx, by`, and a number that says where it comes from. */
export interface Sides {
  readonly ends: readonly number[];
  /** One for each side. */
  readonly from: readonly number[];
}

/** Height of the bands in which sides are compared, in pixels. */
const BAND = 8;

/**
 * Finds the sides that cross or touch other sides, except where both end in the same point.
 *
 * @returns where they come from
 */
export function crossing({ ends, from }: Sides): Set<number> {
  const found = new Set<number>();
  const boxes = boxesOf(ends);
  for (const band of bandsOf(boxes)) {
    for (let i = 0; i < band.length; i++) {
      const a = 4 * band[i]!;
      for (let j = i + 1; j < band.length; j++) {
        const b = 4 * band[j]!;
        if (boxes[b]! > boxes[a + 2]!) break;
        if (boxes[b + 1]! > boxes[a + 3]! || boxes[b + 3]! < boxes[a + 1]!) continue;
        if (!meet(ends, a, b)) continue;
        found.add(from[a / 4]!);
        found.add(from[b / 4]!);
      }
    }
  }
  return found;
}

/** Left, top, right and bottom of each side. */
function boxesOf(ends: readonly number[]): Float64Array {
  const boxes = new Float64Array(ends.length);
  for (let i = 0; i < ends.length; i += 4) {
    boxes[i] = Math.min(ends[i]!, ends[i + 2]!);
    boxes[i + 1] = Math.min(ends[i + 1]!, ends[i + 3]!);
    boxes[i + 2] = Math.max(ends[i]!, ends[i + 2]!);
    boxes[i + 3] = Math.max(ends[i + 1]!, ends[i + 3]!);
  }
  return boxes;
}

/** The sides that reach into each band, from left to right. */
function bandsOf(boxes: Float64Array): Iterable<number[]> {
  const bands = new Map<number, number[]>();
  for (let i = 0; i < boxes.length; i += 4) {
    for (let band = Math.floor(boxes[i + 1]! / BAND); band * BAND <= boxes[i + 3]!; band++) {
      const own = bands.get(band);
      if (own === undefined) bands.set(band, [i / 4]);
      else own.push(i / 4);
    }
  }
  for (const own of bands.values()) own.sort((a, b) => boxes[4 * a]! - boxes[4 * b]! || a - b);
  return bands.values();
}

/** Whether two sides have a point in common that is not an end of both. */
function meet(ends: readonly number[], a: number, b: number): boolean {
  const [ax, ay, bx, by] = [ends[a]!, ends[a + 1]!, ends[a + 2]!, ends[a + 3]!];
  const [cx, cy, dx, dy] = [ends[b]!, ends[b + 1]!, ends[b + 2]!, ends[b + 3]!];
  const [c, d] = [turn(ax, ay, bx, by, cx, cy), turn(ax, ay, bx, by, dx, dy)];
  const [e, f] = [turn(cx, cy, dx, dy, ax, ay), turn(cx, cy, dx, dy, bx, by)];
  const joined = (ax === cx && ay === cy) || (ax === dx && ay === dy) || (bx === cx && by === cy) || (bx === dx && by === dy);
  if (joined) {
    // From a common end, both go the same way, or both ends are common.
    if (c !== 0 || d !== 0) return false;
    const [shared, other, third] = sharedOf(ax, ay, bx, by, cx, cy, dx, dy);
    return (other[0] - shared[0]) * (third[0] - shared[0]) + (other[1] - shared[1]) * (third[1] - shared[1]) > 0;
  }
  if (c * d > 0 || e * f > 0) return false;
  // On one line they meet, since their boxes do.
  return true;
}

type SideEnd = readonly [x: number, y: number];

/** A common end of two sides, and the other end of each. */
function sharedOf(
  ax: number,
  ay: number,
  bx: number,
  by: number,
  cx: number,
  cy: number,
  dx: number,
  dy: number,
): readonly [SideEnd, SideEnd, SideEnd] {
  if (ax === cx && ay === cy)
    return [
      [ax, ay],
      [bx, by],
      [dx, dy],
    ];
  if (ax === dx && ay === dy)
    return [
      [ax, ay],
      [bx, by],
      [cx, cy],
    ];
  if (bx === cx && by === cy)
    return [
      [bx, by],
      [ax, ay],
      [dx, dy],
    ];
  return [
    [bx, by],
    [ax, ay],
    [cx, cy],
  ];
}

/** Positive if `c` lies to the right of the way from `a` to `b` on the screen, negative to the left, 0 on its line. */
function turn(ax: number, ay: number, bx: number, by: number, cx: number, cy: number): number {
  return (bx - ax) * (cy - ay) - (by - ay) * (cx - ax);
}

/**
 * Whether each ring lies inside of as many other rings as it should: an outer ring of none or of two, a hole of one.
 *
 * @param rings of one object, `x0, y0, x1, y1, …`, that do not cross
 */
export function wellNested(rings: readonly { readonly points: readonly number[]; readonly outer: boolean }[]): boolean {
  if (rings.some(({ points, outer }) => areaOf(points) > 0 !== outer)) return false;
  if (rings.length === 1) return true;
  const ends: number[] = [];
  const from: number[] = [];
  for (const [r, { points }] of rings.entries()) {
    for (let i = 0; i < points.length; i += 2) {
      ends.push(points[i]!, points[i + 1]!, points[(i + 2) % points.length]!, points[(i + 3) % points.length]!);
      from.push(r);
    }
  }
  const bands = new Map<number, number[]>();
  for (let s = 0; s < from.length; s++) {
    const low = Math.min(ends[4 * s + 1]!, ends[4 * s + 3]!);
    const high = Math.max(ends[4 * s + 1]!, ends[4 * s + 3]!);
    for (let band = Math.floor(low / BAND); band * BAND <= high; band++) {
      const own = bands.get(band);
      if (own === undefined) bands.set(band, [s]);
      else own.push(s);
    }
  }
  return rings.every(({ points, outer }, r) => {
    // The middle of a side, since rings may touch at their points.
    const [x, y] = [(points[0]! + points[2]!) / 2, (points[1]! + points[3]!) / 2];
    let around = 0;
    for (const s of bands.get(Math.floor(y / BAND)) ?? []) {
      if (from[s] === r) continue;
      const [ax, ay, bx, by] = [ends[4 * s]!, ends[4 * s + 1]!, ends[4 * s + 2]!, ends[4 * s + 3]!];
      if (ay > y === by > y) continue;
      if (ax + ((y - ay) / (by - ay)) * (bx - ax) < x) around++;
    }
    return around % 2 === (outer ? 0 : 1);
  });
}

/** Positive for a ring that runs clockwise on the screen. */
function areaOf(points: readonly number[]): number {
  let twice = 0;
  for (let i = 0; i < points.length; i += 2) {
    const next = (i + 2) % points.length;
    twice += points[i]! * points[next + 1]! - points[next]! * points[i + 1]!;
  }
  return twice;
}
