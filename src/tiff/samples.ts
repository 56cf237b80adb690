/**
 * Interleaved 8-bit pixels as RGB: one or two samples are grey and alpha, three and four are RGB and alpha. Alpha is dropped, never
 * multiplied in. RGB is handed on as it is.
 */
export function toRgb(data: Uint8Array, samples: number): Uint8Array {
  if (samples === 3) return data;
  const pixels = data.length / samples;
  const rgb = new Uint8Array(pixels * 3);
  const green = samples < 3 ? 0 : 1;
  const blue = samples < 3 ? 0 : 2;
  for (let from = 0, to = 0; from < data.length; from += samples, to += 3) {
    rgb[to] = data[from]!;
    rgb[to + 1] = data[from + green]!;
    rgb[to + 2] = data[from + blue]!;
  }
  return rgb;
}
