import type { CleanUp } from '../../../../dist/plan/labels/cleaning/clean-up.js';

/** A mask. */
export interface Image {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** The pixels that hang together with each pixel of one value, on the whole image. */
export function regionsOf({ width, height, data }: Image, value: number, corners: boolean): number[][] {
  const seen = new Uint8Array(data.length);
  const regions: number[][] = [];
  for (let seed = 0; seed < data.length; seed++) {
    if (data[seed] !== value || seen[seed]) continue;
    seen[seed] = 1;
    const region = [seed];
    for (const at of region)
      for (const [dx, dy] of steps(corners)) {
        const [x, y] = [(at % width) + dx, Math.floor(at / width) + dy];
        const next = y * width + x;
        if (x < 0 || y < 0 || x >= width || y >= height || data[next] !== value || seen[next]) continue;
        seen[next] = 1;
        region.push(next);
      }
    regions.push(region);
  }
  return regions;
}

function steps(corners: boolean): readonly (readonly [number, number])[] {
  const sides = [
    [1, 0],
    [-1, 0],
    [0, 1],
    [0, -1],
  ] as const;
  return corners ? [...sides, [1, 1], [1, -1], [-1, 1], [-1, -1]] : sides;
}

/** The clean-up by its definition, on the whole image. */
export function byDefinition(image: Image, { minObject, fillHoles }: CleanUp): Uint8Array {
  const { width, height } = image;
  const without = new Uint8Array(image.data);
  for (const label of new Set(image.data)) {
    if (label === 0) continue;
    for (const region of regionsOf(image, label, true)) if (region.length < minObject) for (const at of region) without[at] = 0;
  }
  const out = new Uint8Array(without);
  for (const hole of regionsOf({ width, height, data: without }, 0, false)) {
    if (hole.length >= fillHoles) continue;
    const sides = new Array<number>(256).fill(0);
    for (const at of hole)
      for (const [dx, dy] of steps(false)) {
        const [x, y] = [(at % width) + dx, Math.floor(at / width) + dy];
        if (x >= 0 && y >= 0 && x < width && y < height) sides[without[y * width + x]!]!++;
      }
    sides[0] = 0;
    const most = Math.max(...sides);
    if (most > 0) for (const at of hole) out[at] = sides.indexOf(most);
  }
  return out;
}
