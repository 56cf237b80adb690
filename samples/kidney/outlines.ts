/**
 * Outlines of the regions of one label, found while rows go by. A region's border runs along the sides of its pixels, clockwise around
 * it and the other way round its holes. Each row adds what lies between it and the row above; where borders meet they are joined, and
 * one that closes leaves. Only borders that are still open are held. Pixels that touch at a corner alone are not connected.
 */
export interface OutlineTracer {
  /** The next row. */
  row(labels: Uint8Array): void;
  /** Closes what reaches the last row. */
  finish(): void;
}

/** Corners `x, y` of a closed border, in pixels, the first again at the end. */
export type Border = readonly (readonly [x: number, y: number])[];

/** A region: the border around it, and those of its holes. */
export interface Outline {
  readonly around: Border;
  readonly holes: readonly Border[];
}

interface Corner {
  readonly x: number;
  readonly y: number;
  next: Corner | undefined;
}

/** A piece of border from its first corner to its last; both ends reach the last row. */
interface Chain {
  first: Corner;
  last: Corner;
  /** The strand that goes on from the last corner. */
  down: Strand | undefined;
}

/** A border that crosses a row at a column: up a left side of the region, or down a right side. */
interface Strand {
  readonly x: number;
  chain: Chain;
}

/** A border along the line between two rows, whose left end is known: it ends a chain where it runs to the right, or begins one. */
type Line = { readonly end: Chain } | { readonly begin: Chain };

export function traceOutlines(label: number, found: (outline: Outline) => void): OutlineTracer {
  let above: number[] = [];
  let strands: Strand[] = [];
  const holes: Border[] = [];
  let y = 0;

  /** Joins the borders above and below line `y`, given the columns where the row below enters and leaves the region in turn. */
  function join(below: readonly number[]): Strand[] {
    const next: Strand[] = [];
    let line: Line | undefined;

    const turnFromAbove = ({ x, chain }: Strand, up: boolean): void => {
      const here: Corner = { x, y, next: undefined };
      if (up) {
        here.next = chain.first;
        chain.first = here;
      } else {
        chain.last.next = here;
        chain.last = here;
      }
      if (line === undefined) line = up ? { begin: chain } : { end: chain };
      else {
        const [end, begin] = 'end' in line ? [line.end, chain] : [chain, line.begin];
        line = undefined;
        connect(end, begin);
      }
    };

    const turnFromBelow = (x: number, up: boolean): void => {
      const here: Corner = { x, y, next: undefined };
      const chain: Chain =
        line === undefined ? { first: here, last: here, down: undefined } : 'end' in line ? line.end : line.begin;
      const strand: Strand = { x, chain };
      next.push(strand);
      if (!up) chain.down = strand;
      if (line === undefined) {
        line = up ? { end: chain } : { begin: chain };
        return;
      }
      if (up) {
        here.next = chain.first;
        chain.first = here;
      } else {
        chain.last.next = here;
        chain.last = here;
      }
      line = undefined;
    };

    let i = 0;
    let j = 0;
    while (i < above.length || j < below.length) {
      const x = Math.min(above[i] ?? Infinity, below[j] ?? Infinity);
      const strand = above[i] === x ? strands[i] : undefined;
      const [enters, entersBelow] = [i % 2 === 0, j % 2 === 0];
      if (strand !== undefined) i++;
      if (below[j] !== x) turnFromAbove(strand!, enters);
      else {
        j++;
        if (strand === undefined) turnFromBelow(x, entersBelow);
        else if (line === undefined) next.push(strand);
        else if (enters) {
          // Two pixels touch at this corner alone, and each keeps its side of it: first the one at the left, here below, then above.
          turnFromBelow(x, entersBelow);
          turnFromAbove(strand, enters);
        } else {
          turnFromAbove(strand, enters);
          turnFromBelow(x, entersBelow);
        }
      }
    }
    return next;
  }

  function connect(end: Chain, begin: Chain): void {
    end.last.next = begin.first;
    if (end === begin) {
      close(begin.first);
      return;
    }
    end.last = begin.last;
    end.down = begin.down;
    if (end.down) end.down.chain = end;
  }

  function close(first: Corner): void {
    const border: [number, number][] = [[first.x, first.y]];
    for (let at = first.next; at !== undefined && at !== first; at = at.next) border.push([at.x, at.y]);
    border.push([first.x, first.y]);
    if (clockwise(border)) {
      const own: Border[] = [];
      for (let k = holes.length - 1; k >= 0; k--) if (holds(border, holes[k]!)) own.push(...holes.splice(k, 1));
      found({ around: border, holes: own.reverse() });
    } else holes.push(border);
  }

  function next(below: number[]): void {
    if (above.length > 0 || below.length > 0) strands = join(below);
    above = below;
    y++;
  }

  return {
    row: (labels) => next(sidesOf(labels, label)),
    finish: () => next([]),
  };
}

/** Columns where a row enters and leaves a label, in turn. */
function sidesOf(labels: Uint8Array, label: number): number[] {
  const sides: number[] = [];
  for (let x = labels.indexOf(label); x >= 0; x = labels.indexOf(label, x)) {
    sides.push(x);
    while (x < labels.length && labels[x] === label) x++;
    sides.push(x);
  }
  return sides;
}

/** Whether a border goes round with the clock, y pointing down (the shoelace formula). */
function clockwise(border: Border): boolean {
  let twice = 0;
  for (let k = 1; k < border.length; k++) {
    const [[ax, ay], [bx, by]] = [border[k - 1]!, border[k]!];
    twice += ax * by - bx * ay;
  }
  return twice > 0;
}

/** Whether a hole lies in a border, by the even-odd rule at the middle of the pixel above one of the hole's sides. */
function holds(around: Border, hole: Border): boolean {
  const [[ax, ay], [bx]] = hole[0]![1] === hole[1]![1] ? [hole[0]!, hole[1]!] : [hole[1]!, hole[2]!];
  const x = Math.min(ax, bx) + 0.5;
  const y = ay - 0.5;
  let inside = false;
  for (let k = 1; k < around.length; k++) {
    const [[px, py], [qx, qy]] = [around[k - 1]!, around[k]!];
    if (px === qx && px > x && py > y !== qy > y) inside = !inside;
  }
  return inside;
}
