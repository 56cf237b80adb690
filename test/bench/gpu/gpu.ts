// Measures which devices of this machine can run a network, how fast, and whether the scores match the CPU's:
// `npm run bench:gpu`.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { RunRecord } from '../../../dist/pipeline/records/record.js';
import { unet } from '../../model/networks.ts';
import { machine, table } from '../measuring/figures.ts';
import { tissueTexture, writeSlide } from '../pictures/slides.ts';

const { values } = parseArgs({
  options: {
    devices: { type: 'string', default: 'cpu,webgpu,cuda' },
    size: { type: 'string', default: '8192' },
    window: { type: 'string', default: '512' },
    gflop: { type: 'string', default: '20' },
    compare: { type: 'string', default: '2048' },
    seconds: { type: 'string', default: '120' },
    json: { type: 'string' },
    software: { type: 'boolean', default: false },
    options: { type: 'string', default: '' },
  },
});
const common = [...(values.software ? ['--allow-software'] : []), ...values.options.split(' ').filter(Boolean)];
const limit = Number(values.seconds) * 1000;

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a script of this project in its own process, which is killed after the time limit. */
function node(script: string, args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const path = fileURLToPath(new URL(script, import.meta.url));
    const child = spawn(process.execPath, [...process.execArgv, path, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (text) => {
      stdout += text;
    });
    child.stderr.on('data', (text) => {
      stderr += text;
    });
    const stop = setTimeout(() => {
      stderr += `\nstopped after ${limit / 1000} s`;
      child.kill('SIGTERM');
      setTimeout(() => child.kill('SIGKILL'), 10_000).unref();
    }, limit);
    child.on('close', (code) => {
      clearTimeout(stop);
      resolve({ code, stdout, stderr });
    });
  });
}

/** The last lines that a failed process printed. */
const lastWords = ({ code, stderr }: Ended): string => `exit ${code}: ${stderr.trim().split('\n').slice(-3).join(' / ')}`;

/** The sessions and the batch that a device ran with, and the windows a second that were measured to choose them. */
function lanes({ record }: Result): string {
  if (!record) return '';
  const { workers, batch, measured } = record.device;
  const rates = measured ? [...measured.batches, ...measured.sessions] : [];
  const tried = rates.map((each) => `${each.sessions} × ${each.batch}: ${each.windowsPerSecond}`).join(', ');
  return `${workers} sessions with batches of ${batch}${tried === '' ? '' : ` (sessions × batch: windows/s; ${tried})`}`;
}

interface Result {
  readonly device: string;
  readonly failure?: string;
  readonly record?: RunRecord;
  readonly windowsPerSecond?: number;
  readonly comparison?: Readonly<Record<string, number>>;
  readonly comparisonFailure?: string;
}

const folder = mkdtempSync(join(tmpdir(), 'segtile-gpu-'));
const results: Result[] = [];
try {
  const model = join(folder, 'unet.onnx');
  writeFileSync(model, unet(Number(values.gflop), { seed: 7 }));
  const slides = { large: join(folder, 'large.tif'), small: join(folder, 'small.tif') };
  const [large, small] = [Number(values.size), Number(values.compare)];
  await writeSlide(slides.large, tissueTexture(), { width: large, height: large });
  await writeSlide(slides.small, tissueTexture(), { width: small, height: small });
  console.log(
    `${large} × ${large} px, windows of ${values.window} px, ${values.gflop} GFLOP for 512 px, options ${common.join(' ') || 'none'}`,
  );
  console.log(machine());
  // Measured here, not recalled of an earlier run.
  process.env.SEGTILE_CACHE = join(folder, 'cache');
  for (const device of values.devices.split(',')) {
    const result = await measured(device.trim());
    results.push(result);
    console.error(`${device}: ${result.failure ?? `${result.windowsPerSecond?.toFixed(1)} windows/s, ${lanes(result)}`}`);
  }

  async function measured(device: string): Promise<Result> {
    const out = join(folder, device.replace(':', '-'));
    mkdirSync(out);
    const args = ['infer', slides.large, '-m', model, '--activation', 'sigmoid', '--window', values.window];
    const more = ['--tissue', 'none', '--no-preview', '--device', device, '-o', out, ...(device === 'cpu' ? [] : common)];
    const ended = await node('../../../bin/segtile.js', [...args, ...more]);
    if (ended.code !== 0) return { device, failure: lastWords(ended) };
    const record = JSON.parse(readFileSync(join(out, 'large.run.json'), 'utf8')) as RunRecord;
    const { seconds, windows } = record;
    const span = seconds.total! - (seconds.model ?? 0) - (seconds.plan ?? 0) - (seconds.finish ?? 0);
    const speed = { windowsPerSecond: windows.run / span };
    if (device === 'cpu') return { device, record, ...speed };
    const compared = await node(import.meta.url.endsWith('.ts') ? 'compare.ts' : 'compare.js', [
      slides.small,
      model,
      values.window,
      device,
      ...common,
    ]);
    if (compared.code !== 0) return { device, record, ...speed, comparisonFailure: lastWords(compared) };
    return { device, record, ...speed, comparison: JSON.parse(compared.stdout) };
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

const baseline = results.find(({ device }) => device === 'cpu')?.windowsPerSecond;
console.log(
  table(
    [
      'device',
      'adapter',
      'sessions',
      'batch',
      'windows/s',
      'against the CPU',
      'busy',
      'difference',
      'labels that differ',
      'of them farther than 1e-3 from the threshold',
    ],
    results.map(({ device, failure, record, windowsPerSecond, comparison, comparisonFailure }) =>
      record
        ? [
            device,
            record.device.adapter ?? '',
            String(record.device.workers),
            String(record.device.batch),
            windowsPerSecond!.toFixed(1),
            baseline ? (windowsPerSecond! / baseline).toFixed(2) : '',
            record.device.busyShare.toFixed(3),
            ...(comparison
              ? [
                  comparison.difference!.toExponential(1),
                  `${comparison.labels} of ${comparison.pixels}`,
                  String(comparison.far),
                ]
              : [comparisonFailure ?? '', '', '']),
          ]
        : [device, failure ?? '', '', '', '', '', '', '', '', ''],
    ),
  ),
);
if (values.json) writeFileSync(values.json, `${JSON.stringify({ machine: machine(), values, results }, null, 2)}\n`);
