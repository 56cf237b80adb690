import { openPartialFile } from '../../src/io/partial-file.js';
import { findObjects } from '../../src/objects/find.js';
import { geojsonForm } from '../../src/objects/formats/geojson.js';
import { objectMeter } from '../../src/objects/measured.js';
import { defaultColor } from '../../src/plan/palette.js';
import { append, textBytes } from '../../src/plan/text/text-bytes.js';
import type { Mpp, RasterRows, Sink } from '../../src/types.js';
import { LABELS } from './ground.js';

/**
 * Writes annotations for QuPath: one GeoJSON feature for each object of the given labels, exact to the pixel, in pixels of
 * the slide. Takes rows of labels from top to bottom and holds only the outlines that are still open. The file appears
 * under its name when `finish` resolves.
 *
 * @throws {SegtileError} `output` when the file cannot be written; `aborted` after `abort`
 */
export async function writeGeojson(path: string, labels: readonly number[], mpp: Mpp): Promise<Sink<RasterRows>> {
  const classes = labels.map((label) => ({ label, name: LABELS[label]!, color: defaultColor(label) }));
  const form = { classes, scale: { x: 1, y: 1 }, mpp, probabilities: false };
  const meter = objectMeter(form);
  const text = geojsonForm(form, meter, 'annotation');
  const wanted = Uint8Array.from({ length: 256 }, (_, label) => (labels.includes(label) ? label : 0));
  const file = await openPartialFile(path);
  const ready = textBytes();
  append(ready, text.head);
  let written = 0;
  const finder = findObjects((object) => {
    if (written++ > 0) append(ready, text.between);
    text.object(meter.measure(object), ready);
  });
  const flush = async (): Promise<void> => {
    await file.append(ready.bytes.slice(0, ready.length));
    ready.length = 0;
  };
  return {
    write: async ({ width, height, data }) => {
      for (let row = 0; row < height; row++) {
        finder.row(data.subarray(row * width, (row + 1) * width).map((label) => wanted[label]!));
      }
      await flush();
    },
    finish: async () => {
      finder.finish();
      append(ready, text.tail);
      await flush();
      await file.commit();
    },
    abort: () => file.discard(),
  };
}
