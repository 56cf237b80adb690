/**
 * Flips the connected regions (4-neighbourhood) of value `value` that have fewer than `least` pixels, in place: small objects vanish
 * with value 1, small holes with value 0.
 */
export function removeSmall(mask: Uint8Array, width: number, height: number, value: 0 | 1, least: number): void {
  const seen = new Uint8Array(mask.length);
  const region = new Int32Array(mask.length);
  for (let seed = 0; seed < mask.length; seed++) {
    if (seen[seed] || mask[seed] !== value) continue;
    seen[seed] = 1;
    region[0] = seed;
    let size = 1;
    for (let next = 0; next < size; next++) {
      const at = region[next]!;
      const x = at % width;
      const y = (at - x) / width;
      const visit = (neighbour: number): void => {
        if (seen[neighbour] || mask[neighbour] !== value) return;
        seen[neighbour] = 1;
        region[size++] = neighbour;
      };
      if (x > 0) visit(at - 1);
      if (x < width - 1) visit(at + 1);
      if (y > 0) visit(at - width);
      if (y < height - 1) visit(at + width);
    }
    if (size < least) {
      for (let i = 0; i < size; i++) mask[region[i]!] = value === 1 ? 0 : 1;
    }
  }
}
