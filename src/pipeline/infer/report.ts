import { type CommitOptions, type PartialFile, writeWhole } from '../../io/partial-file.js';
import { readRegular } from '../../io/regular-file.js';
import { sharp } from '../../io/sharp.js';
import { flatten } from '../../plan/flatten.js';
import { windowsOfRow } from '../../plan/windows/grid.js';
import { portionChart } from '../../report/charts.js';
import { type Report, type ReportTable, reportPage, type Section } from '../../report/page.js';
import { type MappedWindow, windowColors, windowMap } from '../../report/window-map.js';
import { objectSections } from '../objects/report.js';
import type { HeatmapFacts } from '../outputs/kinds/heatmap.js';
import { legendColor, reportPicture } from '../pictures/report-pictures.js';
import type { SlidePlan } from '../prepare/plan-slide.js';
import type { RunRecord } from '../records/record.js';

/** The most windows that a map can show separately. If there are more, the map shows only the area that was looked at. */
const MOST_DRAWN = 20_000;

/** The entry of {@link RunRecord.seconds} that is the sum, not a stage. */
const TOTAL = 'total';

/**
 * Writes the report of a finished run as one HTML file.
 *
 * @param plan the plan that was run, its slide still open
 * @param beforePlacing called before the file gets its final name
 * @throws {SegtileError} `output` if the file cannot be written
 */
export async function writeInferReport(
  path: string,
  record: RunRecord,
  plan: SlidePlan,
  placement: CommitOptions,
  beforePlacing: () => Promise<void>,
): Promise<void> {
  const page = reportPage(await inferReport(record, plan));
  const write = async (file: PartialFile): Promise<void> => {
    await file.append(new TextEncoder().encode(page));
    await beforePlacing();
  };
  await writeWhole(path, write, placement);
}

async function inferReport(record: RunRecord, plan: SlidePlan): Promise<Report> {
  const { slide, model, windows, coverage, seconds, peakRssBytes, classShares, proof } = record;
  const total = seconds[TOTAL] ?? 0;
  const found = classShares.map(({ name, share }) => `${name} on ${percent(share)}`).join(', ');
  const minutes = total < 100 ? `${total.toFixed(1)} s` : `${(total / 60).toFixed(1)} min`;
  return {
    title: `${fileOf(slide.path)}: segmentation`,
    subtitle: `${slide.path}, ${slide.width} × ${slide.height} px, with ${model.name}, ${record.finished.slice(0, 16).replace('T', ' ')} UTC, run ${record.id}`,
    lead: `Found ${found} of ${wholeOf(record)}. ${windows.run} of ${windows.planned} windows were run in ${minutes}, with at most ${Math.round(peakRssBytes / 1e6)} MB of memory; they cover ${percent(coverage)} of ${wholeOf(record)}.${proofSentence(record)}`,
    sections: [
      ...(await pictures(record, plan)),
      { kind: 'table', title: 'Classes', table: classTable(record) },
      ...(record.objects ? objectSections(record.objects) : []),
      {
        kind: 'charts',
        title: 'Where the time went',
        note: `Seconds that the main thread worked at, or waited for, each stage. Stages overlap: while it waits for one, the others work. ${limitSentence(record)}`,
        charts: [portionChart(stages(record), 'Seconds by stage', 's')],
      },
    ],
    facts: [
      { title: 'Run', facts: cells({ windows, coverage, ...record.device, 'peak MB': Math.round(peakRssBytes / 1e6) }) },
      { title: 'Settings', facts: cells(record.settings) },
      ...(proof === null ? [] : [{ title: 'Proof', facts: cells(proof) }]),
      { title: 'Slide', facts: cells({ ...slide, levels: slide.levels.length, notes: slide.notes, working: record.working }) },
      { title: 'Model', facts: cells({ ...model, classes: model.classes.map(({ name }) => name) }) },
      { title: 'Versions', facts: cells(record.versions) },
    ],
  };
}

/** What held up the run, and what would help. */
function limitSentence({ limits: { shares, by, setting } }: RunRecord): string {
  const all = Object.entries(shares).map(([stage, share]) => `${stage} ${percent(share)}`);
  const found = by === null ? 'No stage alone held up the run' : `What held up the run most was ${by}; ${setting} would help`;
  return `${found}. Busy: ${all.join(', ')}.`;
}

/** What the sample shows that was also run the dense way, as further sentences of the lead. */
function proofSentence({ proof }: RunRecord): string {
  if (proof === null || proof.pixels === 0) return '';
  const { windows, labelsDiffer, pixels, largest, warning } = proof;
  const found = ` A sample was also run with ${windows} windows that overlap by half: ${labelsDiffer} of ${pixels} labels differ, and probabilities by ${largest} at most.`;
  return warning === null ? found : `${found} Warning: ${warning}.`;
}

async function pictures({ preview, heatmap }: RunRecord, plan: SlidePlan): Promise<Section[]> {
  const shown = preview === null ? [] : [await previewPicture(preview)];
  const heat = heatmap === null ? [] : [await heatmapPicture(heatmap)];
  const map = windowMap(await plan.overview(), plan.view.spans, mappedWindows(plan));
  const { run, skipped } = windowColors;
  return [
    {
      kind: 'pictures',
      title: 'Result',
      groups: [
        ...shown.map((picture) => ({ title: 'The mask over the slide', pictures: [picture] })),
        ...heat.map((picture) => ({ title: 'Probabilities over the slide', pictures: [picture] })),
        {
          title: 'Windows',
          pictures: [
            await reportPicture(
              'where the model looked',
              'The slide with the outlines of windows that were run and skipped',
              map,
            ),
          ],
        },
      ],
      legend: [legendColor('window that was run', run), legendColor('window that was skipped', skipped)],
    },
  ];
}

type ShownPicture = Awaited<ReturnType<typeof reportPicture>>;

async function previewPicture(path: string): Promise<ShownPicture> {
  const alt = 'The slide with its mask in the colours of the classes; skipped glass is hatched';
  return { label: 'mask', alt, ...(await embedded(path, 'image/jpeg')) };
}

async function heatmapPicture({ path, class: name }: HeatmapFacts): Promise<ShownPicture> {
  const alt = `The probabilities of ${name} as colours; where no window was run, there are none`;
  return { label: `probability of ${name}`, alt, ...(await embedded(path, 'image/png')) };
}

async function embedded(path: string, type: string): Promise<Pick<ShownPicture, 'width' | 'height' | 'source'>> {
  const bytes = await readRegular(path);
  const { width, height } = await sharp(bytes).metadata();
  return { width, height, source: `data:${type};base64,${bytes.toString('base64')}` };
}

function mappedWindows({ grid, selection }: SlidePlan): MappedWindow[] {
  if (selection.planned > MOST_DRAWN) return [];
  return Array.from({ length: grid.rows }, (_, row) =>
    windowsOfRow(grid, row).map((window) => ({ box: window.box, run: !selection.isSkipped(window) })),
  ).flat();
}

/** The area that shares refer to, in words. */
function wholeOf({ settings }: RunRecord): string {
  return settings.region === null ? 'the slide' : 'the region';
}

function classTable(record: RunRecord): ReportTable {
  const { classShares, slide } = record;
  const { mpp } = slide;
  const area = mpp && (slide.width * mpp.x * slide.height * mpp.y) / 1e6;
  return {
    caption: `How much of ${wholeOf(record)} each class has`,
    columns: [
      { name: 'class', kind: 'words' },
      { name: `share of ${wholeOf(record)}`, kind: 'figures' },
      ...(area ? [{ name: 'mm²', kind: 'figures' } as const] : []),
    ],
    rows: classShares.map(({ name, share, of }) => ({
      cells: [
        { text: name },
        { text: percent(share), value: share },
        ...(area ? [{ text: (of.slide * area).toPrecision(3), value: of.slide * area }] : []),
      ],
    })),
  };
}

function stages({ seconds }: RunRecord): { name: string; part: string; value: number }[] {
  const parts = Object.entries(seconds).filter(([stage]) => stage !== TOTAL);
  return parts.map(([part, value]) => ({ name: 'run', part, value }));
}

function cells(data: object): [string, string][] {
  return Object.entries(flatten(data)).map(([name, value]) => [name, value === null ? 'none' : String(value)]);
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(3))} %`;
}

function fileOf(path: string): string {
  return path.replace(/^.*[\\/]/, '');
}
