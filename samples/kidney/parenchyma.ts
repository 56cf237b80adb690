import type { Tissue } from './ground.js';
import { CAST, COLLECTING, KIND, PROXIMAL, type Tubules } from './tubules.js';

/**
 * Paints pixel `i` of tubule `own`, `depth` um inside its outline: basement membrane, epithelium, in proximal tubules a brush border,
 * lumen. `grain` and `mid` are noise with features of about 1 and 5 um; edges are `2 * soft` um wide.
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
    const brush = depth - thick + 2;
    if (brush > -1.6 && brush < 2.6) matrix += (brush < 0 ? 1 + brush / 1.6 : 1 - brush / 2.6) * 0.42;
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

/**
 * Paints pixel `i` between the tubules, `beside` um outside the nearest: loose fibres, with slits and capillaries where there is room.
 * `sheath` is positive in the kidney's capsule, whose fibres run along the outline, `deep` um away.
 */
export function paintInterstitium(
  to: Tissue,
  i: number,
  beside: number,
  scars: number,
  sheath: number,
  deep: number,
  filled: boolean,
  grain: number,
  mid: number,
  wide: number,
): void {
  const slit = (5 * wide + 1.2 * mid - 1.1 - 3 * scars - (beside < 2 ? 2 * (2 - beside) : 0)) / 1.6;
  const open = sheath > 0 || slit < 0 ? 0 : Math.min(slit, 1);
  const weave = sheath > 0 ? Math.sin(deep * 0.9 + 5 * wide + 2 * mid) : Math.abs(wide + 0.4 * mid);
  to.cytoplasm[i] = (0.34 + 0.14 * mid + 0.1 * grain) * (1 - 0.85 * open);
  to.matrix[i] = (0.26 + 0.14 * weave + 0.14 * mid + 0.15 * scars) * (1 - 0.92 * open);
  to.blood[i] = filled ? open * 0.5 : 0;
}
