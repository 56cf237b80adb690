import type { Ground, Tile, Tissue } from '../ground.js';
import { type Area, grow, inside, reachOf, type Structure, structuresIn } from '../structures/anatomy.js';
import { interstitialNuclei, type Nuclei, structureNuclei, tubuleNuclei } from '../structures/nuclei.js';
import { type Packing, relax } from '../structures/packing.js';
import { reliefOf, WARP } from '../structures/relief.js';
import { TUBULE_REACH, tubulesIn } from '../structures/tubules.js';
import { drawBlock } from './block.js';
import { splat } from './splat.js';
import { type Tuft, tuftNuclei, tuftOf } from './tuft.js';

/** The farthest from a tile, in µm, that a tubule can be whose nucleus reaches into the tile. */
const NUCLEUS_HALO = 90;

/**
 * Draws the tissue of a tile, or returns undefined if the tile is only glass. A pixel depends only on its place and the
 * ground, not on the tile: everything that can affect a tile is computed again for each tile.
 */
export function drawTissue(ground: Ground, tile: Tile): Tissue | undefined {
  const relief = reliefOf(ground, tile);
  if (relief === undefined) return undefined;
  const { section, seed, mpp } = ground;
  const area: Area = {
    left: tile.x * mpp,
    top: tile.y * mpp,
    right: (tile.x + tile.width) * mpp,
    bottom: (tile.y + tile.height) * mpp,
  };
  const wide = grow(area, WARP + NUCLEUS_HALO);
  const all = structuresIn(section, seed, wide, TUBULE_REACH + 60);
  const packing = relax(tubulesIn(section, seed, wide, all), grow(wide, TUBULE_REACH));
  const structures = all.filter((one) => one.kind !== 'thicket');
  const tufts = structures.map((one) => (one.kind === 'glomerulus' && !one.sclerosed ? tuftOf(one) : undefined));

  const size = tile.width * tile.height;
  const tissue: Tissue = {
    chromatin: new Float32Array(size),
    cytoplasm: new Float32Array(size),
    matrix: new Float32Array(size),
    blood: new Float32Array(size),
    cover: new Float32Array(size),
    labels: new Uint8Array(size),
  };
  const scene = { ground, tile, relief, packing, structures, tufts, tissue };
  for (let row = 0; row < relief.rows; row++) {
    for (let column = 0; column < relief.columns; column++) drawBlock(scene, column, row);
  }
  splat(ground, tile, tissue, nucleiOf(ground, structures, tufts, packing, wide));
  return tissue;
}

function nucleiOf(
  { section, seed }: Ground,
  structures: readonly Structure[],
  tufts: readonly (Tuft | undefined)[],
  packing: Packing,
  area: Area,
): Nuclei {
  const nuclei: Nuclei = [];
  const wanted = (x: number, y: number): boolean =>
    x > area.left - 70 && x < area.right + 70 && y > area.top - 70 && y < area.bottom + 70;
  const taken = (x: number, y: number): boolean => {
    for (const one of structures) {
      if (Math.abs(one.x - x) > reachOf(one) || Math.abs(one.y - y) > reachOf(one)) continue;
      if (inside(one, x, y) > -2) return true;
    }
    return false;
  };
  tubuleNuclei(packing, wanted, taken, nuclei);
  interstitialNuclei(packing, section, seed, grow(area, 12 - NUCLEUS_HALO), taken, nuclei);
  for (const [k, one] of structures.entries()) {
    structureNuclei(one, nuclei);
    const tuft = tufts[k];
    if (tuft !== undefined && one.kind === 'glomerulus') tuftNuclei(one, tuft, nuclei);
  }
  return nuclei;
}
