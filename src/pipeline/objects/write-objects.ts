import type { CommitOptions } from '../../io/partial-file.js';
import { type InstanceRun, writeInstanceMap } from '../../mask/instance-map.js';
import { writeLayers } from '../../mask/layered-text.js';
import { writeObjectTable } from '../../mask/object-table.js';
import { writeText } from '../../mask/text-file.js';
import { findObjects, type SamplesOf } from '../../objects/find.js';
import { cocoForm } from '../../objects/formats/coco.js';
import { geojsonForm, type ObjectType, type TextForm } from '../../objects/formats/geojson.js';
import { imagescopeForm } from '../../objects/formats/imagescope.js';
import { csvForm, objectTable } from '../../objects/formats/table.js';
import { geoMetadata, wellKnownBinary } from '../../objects/formats/wkb.js';
import { type MeasuredObject, type ObjectForm, type ObjectMeter, objectMeter } from '../../objects/measured.js';
import { eachRun } from '../../objects/rows.js';
import { type LookedAt, summarizeObjects } from '../../objects/summary.js';
import type { Splitter } from '../../objects/touching/split.js';
import type { Sink, Size } from '../../types.js';
import type { LabelRows } from '../evaluate/paired-rows.js';
import type { Keep } from '../records/files-and-record.js';
import { cocoId } from '../submissions/shared-file.js';
import type { ObjectFacts, ObjectFile, ObjectFiles } from './facts.js';
import type { PassingPixels } from './passing-pixels.js';

/** The coordinates, measures and form in which objects are written. */
export interface ObjectSettings extends ObjectForm {
  /** Level 0 of the slide, in pixels, and the slide's name. */
  readonly slide: Size & { readonly name: string };
  /** The pixels of the slide to measure. Closed after the last row. */
  readonly pixels?: PassingPixels | undefined;
  /** The size of the mask in pixels. */
  readonly size: Size;
  /** Splits objects that touch. If set, nothing is measured on pixels or probabilities. */
  readonly splitter?: Splitter | undefined;
}

/** Writes the objects of a mask to files. */
export interface ObjectSink {
  /**
   * Takes labels of the mask, from top to bottom. If the settings ask for it, also takes a function for the
   * probabilities of a label in one of these rows.
   */
  write(rows: LabelRows, probabilities?: (label: number, row: number) => ArrayLike<number>): Promise<void>;
  /** The facts on what was written. Ends the mask if it has not ended yet. */
  facts(lookedAt: LookedAt): Promise<ObjectFacts>;
}

/**
 * Writes the objects of a mask to files while its rows arrive. Only objects that are not complete yet are in memory.
 * The files are finished or aborted through `keep`; the first that is finished ends the mask.
 *
 * @throws {SegtileError} `output` if a file cannot be written
 */
export async function writeObjects(
  keep: Keep,
  files: ObjectFiles,
  settings: ObjectSettings,
  placement: CommitOptions,
): Promise<ObjectSink> {
  const { mpp, slide, classes, pixels } = settings;
  const meter = objectMeter({
    ...settings,
    intensities: pixels?.names,
    numbered: files.files.some(({ format }) => format === 'tif'),
  });
  const summary = summarizeObjects(classes, slide.width * slide.height, mpp && mpp.x * mpp.y);
  const writers: Sink<readonly MeasuredObject[]>[] = [];
  let found: MeasuredObject[] = [];
  const finder = findObjects((object) => {
    const measured = meter.measure(object);
    summary.add(measured);
    found.push(measured);
  }, settings.splitter?.split);
  const handOn = async (): Promise<void> => {
    const objects = found;
    found = [];
    if (objects.length > 0) await Promise.all(writers.map((writer) => writer.write(objects)));
  };
  let last: Promise<void> | undefined;
  const ended = (): Promise<void> => {
    if (last === undefined) {
      finder.finish();
      last = handOn();
    }
    return last;
  };
  for (const file of files.files) {
    const writer = await openWriter(file, files.type, settings, meter, placement);
    writers.push(writer);
    const finish = async (): Promise<void> => {
      await ended();
      await writer.finish();
    };
    keep(file.path, { ...writer, finish });
  }
  return {
    write: async ({ y, width, height, data }, probabilities) => {
      await pixels?.until(y + height);
      for (let row = 0; row < height; row++) {
        const line = data.subarray(row * width, (row + 1) * width);
        finder.row(line, samplesOf(pixels?.lines(y + row), probabilities && ((label) => probabilities(label, row))));
        // Objects are passed on soon. If they stay in memory for long, garbage collection costs more than everything
        // else.
        if (found.length >= HANDFUL) await handOn();
      }
    },
    facts: async (lookedAt) => {
      await ended();
      return { ...files, classes: summary.classes(lookedAt), leftWhole: settings.splitter?.tooLarge ?? null };
    },
  };
}

/** The probabilities and pixel values in a row, by label; undefined if there are none. */
function samplesOf(
  pixels: readonly Float32Array[] | undefined,
  probabilities: ((label: number) => ArrayLike<number>) | undefined,
): SamplesOf | undefined {
  if (probabilities === undefined) return pixels && (() => pixels);
  return pixels === undefined ? (label) => [probabilities(label)] : (label) => [probabilities(label), ...pixels];
}

function openWriter(
  { format, path }: ObjectFile,
  type: ObjectType,
  settings: ObjectSettings,
  meter: ObjectMeter,
  placement: CommitOptions,
): Promise<Sink<readonly MeasuredObject[]>> {
  if (format === 'tif') return instanceWriter(path, settings, placement);
  if (format === 'imagescope') return layerWriter(path, settings, placement);
  if (format === 'parquet') return tableWriter(path, settings, meter, placement);
  const forms = {
    csv: () => csvForm(meter),
    coco: () => cocoForm(cocoId(settings.slide.name), settings.slide, meter),
    geojson: () => geojsonForm(settings, meter, type),
    'geojson.gz': () => geojsonForm(settings, meter, type),
  };
  return textWriter(path, forms[format](), placement);
}

/** How many objects are passed on together. */
const HANDFUL = 64;

/** How many characters are joined before they are passed on. */
const PIECE = 2 ** 16;

async function textWriter(path: string, form: TextForm, placement: CommitOptions): Promise<Sink<readonly MeasuredObject[]>> {
  const file = await writeText(path, placement);
  await file.write(form.head);
  let written = 0;
  return {
    write: async (objects) => {
      let text = '';
      for (const object of objects) {
        text += `${written++ === 0 ? '' : form.between}${form.object(object)}`;
        if (text.length < PIECE) continue;
        await file.write(text);
        text = '';
      }
      await file.write(text);
    },
    finish: async () => {
      await file.write(form.tail);
      await file.finish();
    },
    abort: () => file.abort(),
  };
}

async function layerWriter(
  path: string,
  settings: ObjectSettings,
  { replace }: CommitOptions,
): Promise<Sink<readonly MeasuredObject[]>> {
  const form = imagescopeForm(settings);
  const file = await writeLayers(path, { ...form, replace });
  return {
    ...file,
    write: async (objects) => {
      const texts = new Map<number, string>();
      for (const object of objects) {
        const { label } = object.class;
        texts.set(label, (texts.get(label) ?? '') + form.object(object));
      }
      await file.write(texts);
    },
  };
}

async function instanceWriter(
  path: string,
  { size, scale, mpp }: ObjectSettings,
  { replace }: CommitOptions,
): Promise<Sink<readonly MeasuredObject[]>> {
  const pixel = mpp && { x: mpp.x * scale.x, y: mpp.y * scale.y };
  const file = await writeInstanceMap(path, { size, mpp: pixel, replace });
  return {
    ...file,
    write: async (objects) => {
      const runs: InstanceRun[] = [];
      for (const { number, polygons } of objects) {
        eachRun(polygons, (y, start, end) => void runs.push([number, y, start, end]));
      }
      await file.write(runs);
    },
  };
}

async function tableWriter(
  path: string,
  { scale }: ObjectSettings,
  meter: ObjectMeter,
  placement: CommitOptions,
): Promise<Sink<readonly MeasuredObject[]>> {
  const { columns, row } = objectTable(meter);
  const file = await writeObjectTable(path, { columns, metadata: geoMetadata, ...placement });
  return {
    write: async (objects) => {
      const rows = objects.map((object) => ({
        cells: row(object),
        geometry: wellKnownBinary(object.polygons, scale),
        box: object.box,
      }));
      await file.write(rows);
    },
    finish: () => file.finish(),
    abort: () => file.abort(),
  };
}
