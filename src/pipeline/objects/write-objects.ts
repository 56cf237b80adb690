import type { CommitOptions } from '../../io/partial-file.js';
import { writeInstanceMap } from '../../mask/instance-map.js';
import { writeLayers } from '../../mask/layered-text.js';
import { writeObjectTable } from '../../mask/object-table.js';
import { writeText } from '../../mask/text-file.js';
import { findObjects, type MaskObject, type SamplesOf } from '../../objects/find.js';
import { cocoForm } from '../../objects/formats/coco.js';
import { geojsonForm, type ObjectType, type TextForm } from '../../objects/formats/geojson.js';
import { imagescopeForm } from '../../objects/formats/imagescope.js';
import { csvForm, objectTable } from '../../objects/formats/table.js';
import { geoMetadata, wellKnownBinary } from '../../objects/formats/wkb.js';
import { type MeasuredObject, type ObjectForm, type ObjectMeter, objectMeter } from '../../objects/measured.js';
import { eachRun } from '../../objects/rows.js';
import type { Simplifier } from '../../objects/simplify/simplify.js';
import { type LookedAt, summarizeObjects } from '../../objects/summary.js';
import type { Splitter } from '../../objects/touching/split.js';
import { append, textBytes } from '../../plan/text/text-bytes.js';
import type { Sink, Size } from '../../types.js';
import type { LabelRows } from '../evaluate/paired-rows.js';
import type { Keep } from '../records/files-and-record.js';
import { cocoId } from '../submissions/shared-file.js';
import type { ObjectFacts, ObjectFile, ObjectFiles } from './facts.js';

/** The coordinates, measures and form in which objects are written. */
export interface ObjectFilesForm extends ObjectForm {
  /** Level 0 of the slide, in pixels, and the slide's name. */
  readonly slide: Size & { readonly name: string };
  /** The size of the mask in pixels. */
  readonly size: Size;
  /** Splits objects that touch. */
  readonly splitter?: Splitter | undefined;
  /** Simplifies outlines. */
  readonly simplifier?: Simplifier | undefined;
}

/** What is measured over the objects in some rows of the mask. Rows are counted from the first of them. */
export interface RowSamples {
  /** The probabilities of a label in a row, one for each column. */
  readonly probabilities: ((label: number, row: number) => ArrayLike<number>) | undefined;
  /** The values of each channel of the slide in a row. */
  readonly pixels: ((row: number) => readonly Float32Array[]) | undefined;
}

/** Files of objects while they are written. */
export interface ObjectWriter {
  /** Takes labels of the mask, from top to bottom, and what the settings ask for of their pixels. */
  write(rows: LabelRows, samples?: RowSamples): Promise<void>;
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
  settings: ObjectFilesForm,
  placement: CommitOptions,
): Promise<ObjectWriter> {
  const { mpp, slide, classes, splitter, simplifier } = settings;
  const meter = objectMeter({
    ...settings,
    numbered: files.files.some(({ format }) => format === 'instances'),
  });
  const summary = summarizeObjects(classes, slide.width * slide.height, mpp && mpp.x * mpp.y);
  const writers: Sink<readonly MeasuredObject[]>[] = [];
  let found: MeasuredObject[] = [];
  const take = (object: MaskObject): void => {
    const measured = meter.measure(object);
    summary.add(measured);
    found.push(measured);
  };
  const finder = findObjects(take, splitter?.split, simplifier);
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
    write: async ({ width, height, data }, samples) => {
      for (let row = 0; row < height; row++) {
        finder.row(data.subarray(row * width, (row + 1) * width), samplesOf(row, samples));
        // Objects are passed on soon. If they stay in memory for long, garbage collection costs more than everything
        // else.
        if (found.length >= HANDFUL) await handOn();
      }
    },
    facts: async (lookedAt) => {
      await ended();
      return {
        ...files,
        classes: summary.classes(lookedAt),
        leftWhole: splitter?.tooLarge ?? null,
        simplified: simplifier ? { tolerancePx: simplifier.tolerance, unsimplified: simplifier.unsimplified } : null,
      };
    },
  };
}

/** The probabilities and pixel values in a row, by label; undefined if there are none. */
function samplesOf(row: number, samples: RowSamples | undefined): SamplesOf | undefined {
  const pixels = samples?.pixels?.(row);
  const probabilities = samples?.probabilities;
  if (probabilities === undefined) return pixels && (() => pixels);
  return (label) => (pixels === undefined ? [probabilities(label, row)] : [probabilities(label, row), ...pixels]);
}

function openWriter(
  { format, path }: ObjectFile,
  type: ObjectType,
  settings: ObjectFilesForm,
  meter: ObjectMeter,
  placement: CommitOptions,
): Promise<Sink<readonly MeasuredObject[]>> {
  if (format === 'instances') return instanceWriter(path, settings, placement);
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

/** How many bytes are joined before they are written. */
const PIECE = 2 ** 18;

async function textWriter(path: string, form: TextForm, placement: CommitOptions): Promise<Sink<readonly MeasuredObject[]>> {
  const file = await writeText(path, placement);
  const text = textBytes();
  append(text, form.head);
  let first = true;

  async function flush(): Promise<void> {
    const { length } = text;
    text.length = 0;
    await file.write(text.bytes.subarray(0, length));
  }

  return {
    write: async (objects) => {
      for (const object of objects) {
        if (!first) append(text, form.between);
        first = false;
        form.object(object, text);
        if (text.length >= PIECE) await flush();
      }
    },
    finish: async () => {
      append(text, form.tail);
      await flush();
      await file.finish();
    },
    abort: () => file.abort(),
  };
}

async function layerWriter(
  path: string,
  settings: ObjectFilesForm,
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
  { size, scale, mpp }: ObjectFilesForm,
  { replace }: CommitOptions,
): Promise<Sink<readonly MeasuredObject[]>> {
  const pixel = mpp && { x: mpp.x * scale.x, y: mpp.y * scale.y };
  const file = await writeInstanceMap(path, { size, mpp: pixel, replace });
  return {
    ...file,
    write: async (objects) => {
      const runs: number[] = [];
      for (const { number, polygons } of objects) {
        eachRun(polygons, (y, start, end) => void runs.push(number, y, start, end));
      }
      await file.write(runs);
    },
  };
}

async function tableWriter(
  path: string,
  { scale }: ObjectFilesForm,
  meter: ObjectMeter,
  placement: CommitOptions,
): Promise<Sink<readonly MeasuredObject[]>> {
  const { columns, numbers } = objectTable(meter);
  const geometry = wellKnownBinary(scale);
  return writeObjectTable<MeasuredObject>(path, {
    columns,
    numbers,
    texts: ({ id, class: { name } }) => [id, name],
    geometry: ({ outlines }, bytes) => geometry(outlines, bytes),
    box: ({ box }) => box,
    metadata: geoMetadata,
    ...placement,
  });
}
