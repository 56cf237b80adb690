import { readdir, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { reason, SegtileError } from '../../errors.js';
import { alone, clearAbandoned } from '../../io/alone.js';
import { isFolder } from '../../io/folder.js';
import { writeWhole } from '../../io/partial-file.js';
import { readRegularText } from '../../io/regular-file.js';
import type { ClassSummary, OfEach } from '../../objects/summary.js';
import { csvCell } from '../../plan/text/csv.js';
import { amount, listOf, objectOf, optional, orNull, readShape, type Shape, text, whole } from '../../plan/text/shape.js';
import type { FilesDone } from '../each-file.js';
import { isMaskName } from '../slides/request.js';

/** The result of {@link writeFolderSummary}: a table of the objects of all slides in a folder. */
export interface FolderSummary {
  readonly path: string;
  /** The number of slides with objects in their records. */
  readonly slides: number;
  /** Names of the records that could not be read. */
  readonly passedOver: readonly string[];
}

/** The file name of the table. */
const SUMMARY = 'summary.csv';

/** Records that may have objects. If a slide has several, the last one in this order counts. */
const RECORDS = ['.run.json', '.objects.json'] as const;

type KnownClass = Omit<ClassSummary, 'sizes'>;

const figure: Shape<number | null> = orNull(amount);
const ofEach = objectOf<OfEach>({ slide: figure, tissue: figure, region: figure });
const classShape = objectOf<KnownClass>({
  name: text,
  count: whole,
  perMm2: ofEach,
  areaPx: amount,
  share: amount,
  of: ofEach,
  meanAreaPx: figure,
  medianAreaPx: figure,
  areaUm2: figure,
  meanAreaUm2: figure,
  medianAreaUm2: figure,
});

/** The parts of a record that concern objects. */
interface RecordedObjects {
  readonly objects: { readonly classes: readonly KnownClass[] } | null | undefined;
}

const recordedObjects = objectOf<RecordedObjects>({
  objects: optional(orNull(objectOf<NonNullable<RecordedObjects['objects']>>({ classes: listOf(classShape) }))),
});

/** The columns of the table. */
const COLUMNS: readonly (readonly [name: string, of: (each: KnownClass) => string | number | null])[] = [
  ['class', ({ name }) => name],
  ['objects', ({ count }) => count],
  ['objects_per_mm2_of_slide', ({ perMm2 }) => perMm2.slide],
  ['objects_per_mm2_of_tissue', ({ perMm2 }) => perMm2.tissue],
  ['objects_per_mm2_of_region', ({ perMm2 }) => perMm2.region],
  ['area_mm2', ({ areaUm2 }) => (areaUm2 === null ? null : areaUm2 / 1e6)],
  ['area_px', ({ areaPx }) => areaPx],
  ['percent_of_slide', ({ of }) => percent(of.slide)],
  ['percent_of_tissue', ({ of }) => percent(of.tissue)],
  ['percent_of_region', ({ of }) => percent(of.region)],
  ['mean_area_um2', ({ meanAreaUm2 }) => meanAreaUm2],
  ['median_area_um2', ({ medianAreaUm2 }) => medianAreaUm2],
  ['mean_area_px', ({ meanAreaPx }) => meanAreaPx],
  ['median_area_px', ({ medianAreaPx }) => medianAreaPx],
];

/**
 * Writes `summary.csv` in a folder of results anew, with a row for each slide and class, in the order of slides. It is
 * made from all records with objects in the folder and its subfolders; a slide in a subfolder is named with its folder.
 * So the table does not depend on the order in which slides are done, nor on the processes that do them.
 *
 * @throws {SegtileError} `input` if the folder cannot be read; `output` if the table cannot be written
 */
export async function writeFolderSummary(folder: string): Promise<FolderSummary> {
  const path = join(folder, SUMMARY);
  return alone(path, async () => {
    await refuseForeign(path);
    const bySlide = new Map<string, readonly KnownClass[]>();
    const passedOver: string[] = [];
    const names = await namesIn(folder);
    for (const ending of RECORDS) {
      for (const name of names.filter((each) => each.endsWith(ending))) {
        const classes = await classesOf(join(folder, name)).catch(() => {
          passedOver.push(name);
        });
        if (classes) bySlide.set(name.slice(0, -ending.length), classes);
      }
    }
    const slides = [...bySlide].sort(([a], [b]) => (a < b ? -1 : 1));
    const lines = slides.flatMap(([slide, classes]) =>
      classes.map((each) => [slide, ...COLUMNS.map(([, of]) => of(each) ?? '')].map(csvCell).join(',')),
    );
    const bytes = new TextEncoder().encode(`${[HEAD, ...lines].join('\n')}\n`);
    await writeWhole(path, (file) => file.append(bytes));
    return { path, slides: slides.length, passedOver };
  });
}

/**
 * The same for the path of `--output`: a folder, or a mask in a folder. If a list of slides sends all results
 * elsewhere, the folder may not exist; then nothing is done. Where all results were kept, a table that knows them stays
 * as it is.
 *
 * @param outcomes of the slides, or of masks
 */
export async function summarizeResults(output: string, outcomes: FilesDone['outcomes']): Promise<void> {
  const folder = isMaskName(output) ? dirname(output) : output;
  if (!(await isFolder(folder))) return;
  if (outcomes.includes('done') || (outcomes.includes('kept') && (await isOutdated(folder)))) await writeFolderSummary(folder);
}

/** Whether a process was killed after it had written a record, and before the table knew it. */
async function isOutdated(folder: string): Promise<boolean> {
  const path = join(folder, SUMMARY);
  await clearAbandoned(path);
  const table = await stat(path).catch(() => undefined);
  if (table === undefined) return true;
  const records = (await namesIn(folder)).filter((name) => RECORDS.some((ending) => name.endsWith(ending)));
  const times = await Promise.all(records.map((name) => stat(join(folder, name)).catch(() => undefined)));
  return times.some((record) => record !== undefined && record.mtimeMs > table.mtimeMs);
}

const HEAD = ['slide', ...COLUMNS.map(([name]) => name)].join(',');

/** Rejects replacing a table of the same name that segtile did not write. */
async function refuseForeign(path: string): Promise<void> {
  const old = await readRegularText(path).catch(() => undefined);
  if (old === undefined || old.startsWith(`${HEAD}\n`)) return;
  throw new SegtileError(
    'output',
    `${path} is not a summary that segtile wrote`,
    'move it away, then run segtile runs summary',
  );
}

async function namesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((cause: unknown) => {
    throw new SegtileError('input', `cannot read the folder ${folder}: ${reason(cause)}`, 'give a folder of results', cause);
  });
  const files = entries.filter((entry) => entry.isFile() && !entry.name.startsWith('.'));
  return files.map(({ parentPath, name }) => relative(folder, join(parentPath, name)).replaceAll('\\', '/')).sort();
}

async function classesOf(path: string): Promise<readonly KnownClass[] | undefined> {
  return readShape(await readRegularText(path), path, recordedObjects).objects?.classes;
}

function percent(share: number | null): number | null {
  return share === null ? null : Number((100 * share).toPrecision(6));
}
