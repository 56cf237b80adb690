/** Strokes the current path in white with a black rim, so that it is visible on any background. */
export function strokeWithRim(context: CanvasRenderingContext2D, scale: number): void {
  for (const [color, width] of [
    ['#000', 4],
    ['#fff', 2],
  ] as const) {
    context.strokeStyle = color;
    context.lineWidth = width / scale;
    context.stroke();
  }
}
