import type { Glomerulus, Structure, Vessel } from '../structures/anatomy.js';
import { line, ramp, type Substances } from './substances.js';
import { paintTuft, type Tuft } from './tuft.js';

/**
 * Paints pixel `i` of the interior of a structure, `depth` µm inside its outline, at `(x, y)` in µm. `fine`, `mid` and
 * `wide` are noise with features of about 1, 5 and 30 µm.
 */
export function paintStructure(
  to: Substances,
  i: number,
  one: Structure,
  tuft: Tuft | undefined,
  depth: number,
  x: number,
  y: number,
  fine: number,
  mid: number,
  wide: number,
): void {
  if (one.kind === 'glomerulus') {
    if (tuft === undefined) paintScar(to, i, one, depth, x, y, fine, mid, wide);
    else paintTuft(to, i, one, tuft, depth, x, y, fine, mid, wide);
  } else if (one.kind === 'artery' || one.kind === 'vein') paintVessel(to, i, one, depth, x, y, fine, mid, wide);
  else paintFollicle(to, i, fine, mid);
}

function paintScar(
  to: Substances,
  i: number,
  g: Glomerulus,
  depth: number,
  x: number,
  y: number,
  fine: number,
  mid: number,
  wide: number,
): void {
  // Folds of the collapsed tuft's basement membranes run through the scar. The former Bowman's space is paler.
  const along = (x * g.ux + y * g.uy) * 0.16 + 5 * wide + 1.6 * mid;
  const fold = Math.abs(along - Math.round(along)) - 0.05;
  const hollow = Math.abs(mid + 0.8 * wide) < 0.07 ? 1 : 0;
  const edge = Math.min(14, g.radius * 0.2) * (0.7 + 0.8 * wide);
  const rim = ramp(depth, edge, edge + 3);
  to.cytoplasm[i] = 0.24 + 0.16 * rim + 0.07 * fine + 0.08 * mid;
  to.matrix[i] =
    0.27 +
    rim * (0.46 + 0.34 * line(fold, 0.16) + 0.16 * wide + 0.1 * mid - 0.22 * hollow) +
    0.06 * fine +
    line(depth - 1.2, 2) * 0.45 +
    line(depth - edge - 1, 1.4) * 0.3;
}

function paintVessel(
  to: Substances,
  i: number,
  v: Vessel,
  depth: number,
  x: number,
  y: number,
  fine: number,
  mid: number,
  wide: number,
): void {
  const wall = v.wall * (1 + 0.12 * wide);
  const hollow = ramp(depth - wall, -0.7, 0.7);
  let cytoplasm: number;
  let matrix: number;
  if (v.kind === 'artery') {
    const outer = Math.min(6, wall * 0.2);
    const media = ramp(depth, outer - 1, outer + 1);
    const stripe = Math.sin(depth * 1.15 + 2.2 * mid + 1.5 * wide);
    cytoplasm = 0.3 + media * 0.62 + 0.09 * stripe + 0.08 * fine;
    matrix = 0.34 + 0.16 * media + 0.1 * stripe * media + 0.1 * mid;
    if (wall > 7 && depth > wall - 8) {
      const angle = Math.atan2(y - v.y, x - v.x);
      const wave = wall - 3.2 + 1.1 * Math.sin(angle * Math.round((v.radius - wall) * 0.75 + 5)) + mid;
      matrix += line(depth - wave, 1.1) * 0.75;
    } else matrix += line(depth - wall + 1, 1.1) * 0.4;
  } else {
    cytoplasm = 0.42 + 0.1 * fine;
    matrix = 0.42 + 0.15 * mid + line(depth - wall + 1, 1.2) * 0.3;
  }
  const pool = v.blood > 0.45 ? ramp(mid * 0.5 + wide + (v.blood - 0.72) * 3, -0.1, 0.15) * ramp(depth - wall, 0.5, 2) : 0;
  to.cytoplasm[i] = cytoplasm * (1 - hollow) + 0.02 * hollow;
  to.matrix[i] = matrix * (1 - hollow);
  to.blood[i] = hollow * pool * (0.55 + 0.4 * mid + 0.15 * fine);
}

function paintFollicle(to: Substances, i: number, fine: number, mid: number): void {
  to.cytoplasm[i] = 0.5 + 0.12 * mid + 0.12 * fine;
  to.matrix[i] = 0.12 + 0.1 * mid;
}
