import type { Ground, Tile, Tissue } from '../ground.js';
import { TEXTURE } from '../random.js';
import { inside, reachOf, type Structure } from '../structures/anatomy.js';
import { FILLET, listAt, OUTSIDE, type Packing, shortlist } from '../structures/packing.js';
import { FRINGE, type Relief } from '../structures/relief.js';
import { CAPILLARY, KIND } from '../structures/tubules.js';
import { paintStructure } from './paint.js';
import { paintInterstitium, paintTubule } from './parenchyma.js';
import type { Tuft } from './tuft.js';

/** A tile that is being drawn. `tufts` has one entry per structure. */
export interface Scene {
  readonly ground: Ground;
  readonly tile: Tile;
  readonly relief: Relief;
  readonly packing: Packing;
  readonly structures: readonly Structure[];
  readonly tufts: readonly (Tuft | undefined)[];
  readonly tissue: Tissue;
}

/** What can affect the pixels of one block: its place in the relief, the tubules, and the indices of the structures. */
interface Block {
  readonly column: number;
  readonly row: number;
  readonly edgeless: boolean;
  readonly tubules: Int32Array;
  readonly near: readonly number[];
}

/** Draws the pixels of one block of a scene's relief. */
export function drawBlock(scene: Scene, column: number, row: number): void {
  const { relief, tile, structures, packing } = scene;
  const { block, nodes, depth, warpX, warpY, firstColumn, firstRow } = relief;
  const a = row * nodes + column;
  const b = a + 1;
  const c = a + nodes;
  const d = c + 1;
  if (Math.max(depth[a]!, depth[b]!, depth[c]!, depth[d]!) < -FRINGE) return;
  const edgeless = Math.min(depth[a]!, depth[b]!, depth[c]!, depth[d]!) > FRINGE;
  const cx = (warpX[a]! + warpX[b]! + warpX[c]! + warpX[d]!) / 4;
  const cy = (warpY[a]! + warpY[b]! + warpY[c]! + warpY[d]!) / 4;
  const radius = Math.sqrt(
    Math.max(
      (warpX[a]! - cx) ** 2 + (warpY[a]! - cy) ** 2,
      (warpX[b]! - cx) ** 2 + (warpY[b]! - cy) ** 2,
      (warpX[c]! - cx) ** 2 + (warpY[c]! - cy) ** 2,
      (warpX[d]! - cx) ** 2 + (warpY[d]! - cy) ** 2,
    ),
  );
  const near: number[] = [];
  for (let k = 0; k < structures.length; k++) {
    const one = structures[k]!;
    const reach = reachOf(one) + radius + FILLET + 24;
    if ((cx - one.x) ** 2 + (cy - one.y) ** 2 < reach * reach) near.push(k);
  }
  const tubules = shortlist(packing.tubules, listAt(packing, cx, cy), cx, cy, radius);
  gather(packing, tubules);
  const here = { column, row, edgeless, tubules, near };
  const top = Math.max((firstRow + row) * block, tile.y);
  const bottom = Math.min((firstRow + row + 1) * block, tile.y + tile.height);
  const left = Math.max((firstColumn + column) * block, tile.x);
  const right = Math.min((firstColumn + column + 1) * block, tile.x + tile.width);
  for (let y = top; y < bottom; y++) drawRun(scene, here, y, left, right);
}

/** Draws the pixels of one row of a block, for columns `from <= column < to`. */
function drawRun(scene: Scene, here: Block, py: number, from: number, to: number): void {
  const { relief, tile, tissue, structures, ground } = scene;
  const { block, nodes, depth, warpX, warpY, thickness, scars, sheath } = relief;
  const { fine, mid, wide, mpp } = ground;
  const { near } = here;
  const a = here.row * nodes + here.column;
  const b = a + 1;
  const c = a + nodes;
  const d = c + 1;
  const v = (py + 0.5) / block - (relief.firstRow + here.row);
  const leftX = warpX[a]! + (warpX[c]! - warpX[a]!) * v;
  const leftY = warpY[a]! + (warpY[c]! - warpY[a]!) * v;
  const leftD = depth[a]! + (depth[c]! - depth[a]!) * v;
  const leftT = thickness[a]! + (thickness[c]! - thickness[a]!) * v;
  const stepX = warpX[b]! + (warpX[d]! - warpX[b]!) * v - leftX;
  const stepY = warpY[b]! + (warpY[d]! - warpY[b]!) * v - leftY;
  const stepD = depth[b]! + (depth[d]! - depth[b]!) * v - leftD;
  const stepT = thickness[b]! + (thickness[d]! - thickness[b]!) * v - leftT;
  const soft = Math.max(mpp, 0.5);
  const textureRow = (py & (TEXTURE - 1)) * TEXTURE;
  const t = scene.packing.tubules;

  for (let px = from; px < to; px++) {
    const u = (px + 0.5) / block - (relief.firstColumn + here.column);
    const i = (py - tile.y) * tile.width + px - tile.x;
    const texel = textureRow + (px & (TEXTURE - 1));
    const medium = mid[texel]!;
    const deep = leftD + stepD * u;
    let present = 1;
    if (!here.edgeless) {
      const rough = deep + 3.5 * medium;
      if (rough < -soft) continue;
      if (rough < soft) present = (rough + soft) / (2 * soft);
    }
    tissue.cover[i] = present * (leftT + stepT * u);
    const x = leftX + stepX * u;
    const y = leftY + stepY * u;

    let outside = 1e3;
    let inner = -1;
    let within = 0;
    for (let k = 0; k < near.length; k++) {
      const s = inside(structures[near[k]!]!, x, y);
      if (s > 0) {
        inner = near[k]!;
        within = s;
        break;
      }
      if (-s < outside) outside = -s;
    }
    if (inner >= 0) {
      const one = structures[inner]!;
      paintStructure(tissue, i, one, scene.tufts[inner], within, x, y, fine[texel]!, medium, wide[texel]!);
      tissue.labels[i] = one.kind === 'glomerulus' ? (one.sclerosed ? 2 : 1) : one.kind === 'follicle' ? 0 : 4;
      continue;
    }

    const found = nearestTubule(here.tubules.length, x, y);
    const own = found < 0 ? -1 : here.tubules[found]!;
    const edge = own < 0 ? -OUTSIDE : depthOf(scene.packing, own, outside);
    const key = own < 0 ? 0 : t.key[own]!;
    const grain = fine[((py + (key >>> 8)) & (TEXTURE - 1)) * TEXTURE + ((px + key) & (TEXTURE - 1))]!;
    if (edge > 0) {
      tissue.labels[i] = (t.kind[own]! & KIND) === CAPILLARY ? 4 : 3;
      paintTubule(tissue, i, t, own, edge, grain, medium, soft);
    } else {
      const scar = (scars[a]! * (1 - u) + scars[b]! * u) * (1 - v) + (scars[c]! * (1 - u) + scars[d]! * u) * v;
      const hull = (sheath[a]! * (1 - u) + sheath[b]! * u) * (1 - v) + (sheath[c]! * (1 - u) + sheath[d]! * u) * v;
      paintInterstitium(tissue, i, -edge, scar, hull, deep, grain, medium, wide[texel]!);
    }
  }
}

/** The skeletons of a block's tubules in one array, six numbers each: start x and y, direction x and y, 1 / length², radius. */
let skeletons = new Float64Array(6 * 64);

function gather({ tubules: t }: Packing, list: Int32Array): void {
  if (skeletons.length < 6 * list.length) skeletons = new Float64Array(12 * list.length);
  for (let k = 0; k < list.length; k++) {
    const j = list[k]!;
    skeletons[6 * k] = t.x[j]!;
    skeletons[6 * k + 1] = t.y[j]!;
    skeletons[6 * k + 2] = t.dx[j]!;
    skeletons[6 * k + 3] = t.dy[j]!;
    skeletons[6 * k + 4] = t.inverse[j]!;
    skeletons[6 * k + 5] = t.radius[j]!;
  }
}

/** Scores of the nearest three skeletons, from the last call of {@link nearestTubule}. */
const nearest = new Float64Array(3);

/** Index in the block's list of the tubule that a place belongs to; -1 if the list is empty. */
function nearestTubule(count: number, x: number, y: number): number {
  let first = 1e9;
  let second = 1e9;
  let third = 1e9;
  let own = -1;
  const sites = skeletons;
  for (let k = 0; k < count; k++) {
    const at = 6 * k;
    const qx = x - sites[at]!;
    const qy = y - sites[at + 1]!;
    const dx = sites[at + 2]!;
    const dy = sites[at + 3]!;
    let along = (qx * dx + qy * dy) * sites[at + 4]!;
    along = along < 0 ? 0 : along > 1 ? 1 : along;
    const ex = qx - along * dx;
    const ey = qy - along * dy;
    const score = Math.sqrt(ex * ex + ey * ey) - sites[at + 5]!;
    if (score >= third) continue;
    if (score < first) {
      third = second;
      second = first;
      first = score;
      own = k;
    } else if (score < second) {
      third = second;
      second = score;
    } else third = score;
  }
  nearest[0] = first;
  nearest[1] = second;
  nearest[2] = third;
  return own;
}

/**
 * Distance inside the outline of the nearest tubule, in µm: the room that is left before its neighbours, its own cap and a
 * structure that is `outside` µm away, with rounded corners. Negative outside.
 */
function depthOf({ tubules: t }: Packing, own: number, outside: number): number {
  const first = nearest[0]!;
  const room = t.cap[own]! - (first + t.radius[own]!);
  if (room <= -OUTSIDE) return -OUTSIDE;
  const gap = t.gap[own]!;
  const next = (nearest[1]! - first) / 2 - gap;
  const after = (nearest[2]! - first) / 2 - gap;
  const beside = outside - 1.5 - gap;
  let sum = 0;
  if (next < FILLET) sum += (FILLET - next) * (FILLET - next);
  if (after < FILLET) sum += (FILLET - after) * (FILLET - after);
  if (room < FILLET) sum += (FILLET - room) * (FILLET - room);
  if (beside < FILLET) sum += (FILLET - beside) * (FILLET - beside);
  if (sum > 0) return Math.max(-OUTSIDE, FILLET - Math.sqrt(sum));
  return Math.min(next, room, beside);
}
