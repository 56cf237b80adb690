import { openPartialFile } from '../../src/io/partial-file.js';
import { defaultColor } from '../../src/plan/palette.js';
import type { RasterRows, Sink } from '../../src/types.js';
import { LABELS } from './ground.js';
import { type Outline, traceOutlines } from './outlines.js';

/**
 * Annotations for QuPath: a GeoJSON polygon around each region of some labels, exact to the pixel, in pixels of the slide. Takes label
 * rows from top to bottom; holds the outlines that are still open. The file appears under its name when `finish` resolves.
 *
 * @throws {SegtileError} `output` when the file cannot be written; `aborted` after `abort`
 */
export async function writeGeojson(path: string, labels: readonly number[]): Promise<Sink<RasterRows>> {
  const file = await openPartialFile(path);
  let ready: string[] = [];
  let written = 0;
  const tracers = labels.map((label) => traceOutlines(label, (outline) => ready.push(featureOf(label, outline))));
  const flush = async (): Promise<void> => {
    if (ready.length === 0) return;
    const text = ready.map((feature) => `${written++ === 0 ? '' : ',\n'}${feature}`).join('');
    ready = [];
    await file.append(new TextEncoder().encode(text));
  };
  await file.append(new TextEncoder().encode('{"type":"FeatureCollection","features":[\n'));
  return {
    write: async ({ width, height, data }) => {
      for (let row = 0; row < height; row++) {
        const line = data.subarray(row * width, (row + 1) * width);
        for (const tracer of tracers) tracer.row(line);
      }
      await flush();
    },
    finish: async () => {
      for (const tracer of tracers) tracer.finish();
      await flush();
      await file.append(new TextEncoder().encode('\n]}\n'));
      await file.commit();
    },
    abort: () => file.discard(),
  };
}

function featureOf(label: number, { around, holes }: Outline): string {
  return JSON.stringify({
    type: 'Feature',
    geometry: { type: 'Polygon', coordinates: [around, ...holes] },
    properties: { objectType: 'annotation', classification: { name: LABELS[label], color: defaultColor(label) } },
  });
}
