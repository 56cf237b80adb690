// Measures what objects cost compared with the mask that they are found in: `npm run bench:objects`. Both are made from
// the same seeded rows, in turn; what counts is the ratio of the CPU seconds of all their threads. The default size is a
// sixteenth of 35,000 × 25,000 px with two million objects; `--width 35000 --height 25000` is all of it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { writeLabelMask } from '../../../dist/mask/label-mask.js';
import { findObjects } from '../../../dist/objects/find.js';
import type { ObjectFormat } from '../../../dist/objects/formats/format.js';
import { objectFiles } from '../../../dist/pipeline/objects/facts.js';
import { writeObjects } from '../../../dist/pipeline/objects/write-objects.js';
import type { RasterRows, Sink } from '../../../dist/types.js';
import { machine, median, table } from '../measuring/figures.ts';
import { nucleiRows } from '../pictures/nuclei-rows.ts';

const { values } = parseArgs({
  options: {
    width: { type: 'string', default: '8750' },
    height: { type: 'string', default: '6250' },
    runs: { type: 'string', default: '3' },
  },
});
const size = { width: Number(values.width), height: Number(values.height) };
const classes = [{ label: 1, name: 'nucleus', color: [0, 158, 115] as const }];

interface Stage {
  write(rows: RasterRows): Promise<void> | void;
  finish(): Promise<void> | void;
}

async function timed(stages: readonly Stage[]): Promise<number> {
  let seconds = 0;
  const clocked = async (work: () => Promise<void> | void): Promise<void> => {
    const before = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(before);
    seconds += (user + system) / 1e6;
  };
  for (const each of nucleiRows(size)) for (const stage of stages) await clocked(() => stage.write(each));
  for (const stage of stages) await clocked(() => stage.finish());
  return seconds;
}

let count = 0;

function objects(): Stage {
  count = 0;
  const finder = findObjects(() => void count++);
  return {
    write: ({ width, height, data }) => {
      for (let r = 0; r < height; r++) finder.row(data.subarray(r * width, (r + 1) * width));
    },
    finish: () => finder.finish(),
  };
}

const settings = {
  classes,
  scale: { x: 1, y: 1 },
  mpp: { x: 0.25, y: 0.25 },
  probabilities: false,
  slide: { ...size, name: 'bench' },
  size,
};

/** Finds the objects and also writes them to files. */
async function files(formats: readonly ObjectFormat[]): Promise<Stage> {
  const sinks: Sink<never>[] = [];
  const keep = <Rows>(_: string, sink: Sink<Rows>): Sink<Rows> => {
    sinks.push(sink);
    return sink;
  };
  const objects = await writeObjects(keep, objectFiles(join(folder, 'objects'), formats, 'detection', false), settings, {});
  return {
    write: (each) => objects.write(each),
    finish: async () => void (await Promise.all(sinks.map((sink) => sink.finish()))),
  };
}

const folder = mkdtempSync(join(tmpdir(), 'segtile-objects-'));
const mask = (): Promise<Stage> => writeLabelMask(join(folder, 'mask.ome.tif'), { size, classes, values: 'labels' });
try {
  const stages: Readonly<Record<string, () => Promise<Stage> | Stage>> = {
    'mask alone': mask,
    'objects and their measures': objects,
    'the same as GeoJSON': () => files(['geojson']),
    'as CSV': () => files(['csv']),
    'as GeoParquet': () => files(['parquet']),
  };
  const seconds = new Map(Object.keys(stages).map((name) => [name, [] as number[]]));
  for (let run = 0; run < Number(values.runs); run++) {
    for (const [name, stage] of Object.entries(stages)) seconds.get(name)!.push(await timed([await stage()]));
  }
  const alone = median(seconds.get('mask alone')!);
  const lines = [...seconds].map(([name, each]) => {
    const middle = median(each);
    return [name, middle.toFixed(2), `${((100 * middle) / alone).toFixed(0)} %`, `${((1e6 * middle) / count).toFixed(1)}`];
  });
  process.stdout.write(`${machine()}\n${size.width} × ${size.height} px, ${count} objects\n`);
  process.stdout.write(table(['', 'processor seconds', 'of the mask', 'µs an object'], lines));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
