import type { Tissue } from '../ground.js';
import { CAPILLARY, CAST, COLLECTING, KIND, PROXIMAL, type Tubules } from '../structures/tubules.js';

/**
 * Paints pixel `i` of tubule `own`, `depth` µm inside its outline: basement membrane, epithelium, a brush border in
 * proximal tubules, and lumen. `grain` and `mid` are noise with features of about 1 and 5 µm. Edges are `2 * soft` µm
 * wide.
 */
export function paintTubule(
  to: Tissue,
  i: number,
  t: Tubules,
  own: number,
  depth: number,
  grain: number,
  mid: number,
  soft: number,
): void {
  const kind = t.kind[own]! & KIND;
  if (kind === CAPILLARY) {
    paintCapillary(to, i, t.key[own]!, depth, grain, mid, soft);
    return;
  }
  const membrane = t.membrane[own]!;
  const thick = t.epithelium[own]! + 2 * mid;
  const hue = ((t.key[own]! >>> 16) & 255) / 255;
  let hollow = (depth - thick) / (2 * soft) + 0.5;
  hollow = hollow < 0 ? 0 : Math.min(hollow, 1);
  let matrix = depth < 2 * membrane ? 0.9 * (1 - Math.abs(depth - membrane) / membrane) : 0;
  if (depth < membrane) matrix += 0.3 * (1 - depth / membrane);
  let cell: number;
  let lumen = 0.03;
  if (kind === PROXIMAL) {
    cell = 0.8 + 0.25 * hue + 0.2 * grain + 0.08 * mid;
    const brush = depth - thick + 1.6 + 0.9 * grain;
    if (brush > -1.8 && brush < 3) matrix += (brush < 0 ? 1 + brush / 1.8 : 1 - brush / 3) * 0.52;
    lumen = 0.1 + 0.1 * mid;
    matrix += 0.1 * (1 - hollow);
  } else {
    cell = (kind === COLLECTING ? 0.42 : 0.58) + 0.16 * hue + 0.16 * grain + 0.06 * mid;
    const rim = depth - thick + 0.6;
    if (rim > -1 && rim < 1) matrix += (1 - Math.abs(rim)) * 0.16;
  }
  to.cytoplasm[i] = cell * (1 - hollow) + Math.max(lumen, 0) * hollow;
  to.matrix[i] = (t.kind[own]! & CAST) !== 0 ? matrix + hollow * (0.8 + 0.06 * mid) : matrix;
}

/** Paints pixel `i` of a capillary, `depth` µm inside its outline: a thin wall, and red blood cells or plasma. */
function paintCapillary(to: Tissue, i: number, key: number, depth: number, grain: number, mid: number, soft: number): void {
  let open = (depth - 1.3) / (2 * soft) + 0.5;
  open = open < 0 ? 0 : Math.min(open, 1);
  const cells = 0.3 + 2.2 * mid + 0.6 * grain + ((key & 3) === 0 ? -1.5 : 0);
  to.cytoplasm[i] = 0.5 * (1 - open) + 0.04 * open;
  to.matrix[i] = (0.5 + 0.1 * grain) * (1 - open);
  to.blood[i] = cells > 0 ? open * Math.min(cells, 0.85) : 0;
}

/**
 * Paints pixel `i` between the tubules, `beside` µm outside the nearest one: loose fibres, with slits and capillaries
 * where there is room. `sheath` is positive in the kidney's capsule, whose fibres run along the outline, `deep` µm away.
 */
export function paintInterstitium(
  to: Tissue,
  i: number,
  beside: number,
  scars: number,
  sheath: number,
  deep: number,
  grain: number,
  mid: number,
  wide: number,
): void {
  const slit = (5 * wide + 1.2 * mid - 1.1 - 3 * scars - (beside < 2 ? 2 * (2 - beside) : 0)) / 1.6;
  const open = sheath > 0 || slit < 0 ? 0 : Math.min(slit, 1);
  const strand = Math.abs(mid + 0.3 * wide);
  const weave = sheath > 0 ? Math.sin(deep * 0.9 + 5 * wide + 2 * mid) : strand < 0.2 ? 1.5 - 7.5 * strand : 0;
  to.cytoplasm[i] = (0.28 + 0.14 * wide + 0.12 * grain) * (1 - 0.85 * open);
  to.matrix[i] = (0.2 + 0.14 * weave + 0.1 * wide + 0.08 * grain + 0.17 * scars) * (1 - 0.92 * open);
}
