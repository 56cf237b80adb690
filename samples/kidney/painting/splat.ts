import type { Ground, Tile, Tissue } from '../ground.js';
import { TEXTURE } from '../random.js';
import { NUCLEUS, type Nuclei } from '../structures/nuclei.js';
import { pull, WARP } from '../structures/relief.js';

/** Draws nuclei over painted tissue. Where they overlap, the darker one wins, so that their order does not matter. */
export function splat(ground: Ground, tile: Tile, tissue: Tissue, nuclei: Nuclei): void {
  const { seed, mpp, fine, mid } = ground;
  const { chromatin, cover } = tissue;
  const left = tile.x * mpp - 12;
  const right = (tile.x + tile.width) * mpp + 12;
  const top = tile.y * mpp - 12;
  const bottom = (tile.y + tile.height) * mpp + 12;
  for (let k = 0; k < nuclei.length; k += NUCLEUS) {
    const wx = nuclei[k]!;
    const wy = nuclei[k + 1]!;
    if (wx < left - WARP || wx > right + WARP || wy < top - WARP || wy > bottom + WARP) continue;
    let x = wx;
    let y = wy;
    for (let step = 0; step < 3; step++) {
      const nx = wx - pull(seed, x, y, 0);
      y = wy - pull(seed, x, y, 1);
      x = nx;
    }
    const long = nuclei[k + 2]!;
    const short = nuclei[k + 3]!;
    const cos = Math.cos(nuclei[k + 4]!);
    const sin = Math.sin(nuclei[k + 4]!);
    const strength = nuclei[k + 5]!;
    const reach = long + 1;
    const x0 = Math.max(tile.x, Math.floor((x - reach) / mpp));
    const x1 = Math.min(tile.x + tile.width, Math.ceil((x + reach) / mpp));
    const y0 = Math.max(tile.y, Math.floor((y - reach) / mpp));
    const y1 = Math.min(tile.y + tile.height, Math.ceil((y + reach) / mpp));
    const shift = (Math.floor(wx * 7) * 31 + Math.floor(wy * 13) * 17) & (TEXTURE * TEXTURE - 1);
    const sharp = short / Math.max(1.1, 1.4 * mpp);
    for (let py = y0; py < y1; py++) {
      const dy = (py + 0.5) * mpp - y;
      for (let px = x0; px < x1; px++) {
        const dx = (px + 0.5) * mpp - x;
        const p = (dx * cos + dy * sin) / long;
        const q = (dy * cos - dx * sin) / short;
        const far = Math.sqrt(p * p + q * q);
        let solid = (1 - far) * sharp + 0.5;
        if (solid <= 0) continue;
        if (solid > 1) solid = 1;
        const i = (py - tile.y) * tile.width + px - tile.x;
        if (cover[i]! === 0) continue;
        const texel = (py * TEXTURE + px + shift) & (TEXTURE * TEXTURE - 1);
        const value = solid * strength * (0.68 + 0.46 * fine[texel]! + 0.2 * mid[texel]! + 0.34 * far * far);
        if (value > chromatin[i]!) chromatin[i] = value;
      }
    }
  }
}
