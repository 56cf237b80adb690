import { spawnSync } from 'node:child_process';
import { totalmem } from 'node:os';
import { throwIfAborted } from '../../errors.js';
import { libvipsVersion } from '../../io/sharp.js';
import { bundledModel } from '../../model/card/bundled.js';
import { nvidiaGpus } from '../../model/devices/adapter.js';
import { autoDevices, compiledIn } from '../../model/devices/available.js';
import { type Device, parseDevices, providers } from '../../model/devices/device.js';
import { type Diagnosis, diagnose } from '../../model/devices/diagnosis.js';
import { openModel } from '../../model/measured/open-model.js';
import { versions } from '../../pipeline/records/machine.js';
import { styleFor } from '../../terminal/style.js';
import type { Shell } from '../running/shell.js';
import type { Examination, Gpu } from './examination.js';
import type { DoctorOptions } from './options.js';
import { doctorText } from './words.js';

/** The side of the window that each device is tried with, in px. */
const WINDOW = 256;

/**
 * `segtile doctor`: reports on which devices this machine can run models.
 *
 * @returns the exit code: 1 if a device that the user named cannot run a model, else 0
 */
export async function runDoctor(options: DoctorOptions, { stdout, signal }: Shell): Promise<number> {
  const { model } = await openModel(bundledModel('hematoxylin'), {}, { signal });
  const asked = options.device === undefined ? undefined : parseDevices(options.device);
  const built = compiledIn();
  const all = providers.filter((provider) => provider === 'cpu' || built.includes(provider)).map((provider) => ({ provider }));
  const looked: readonly Device[] =
    asked === undefined ? all : asked === 'auto' ? [...autoDevices(), { provider: 'cpu' }] : asked;
  const devices: Diagnosis[] = [];
  for (const device of looked) {
    throwIfAborted(signal);
    devices.push(await diagnose(device, model, { width: WINDOW, height: WINDOW }));
  }
  const examination: Examination = {
    system: {
      memoryBytes: totalmem(),
      versions: { ...versions(), libvips: libvipsVersion() ?? 'unknown' },
    },
    gpus: gpus(),
    compiledIn: built,
    devices,
    auto: autoWinner(devices),
  };
  stdout.write(options.json ? `${JSON.stringify(examination)}\n` : doctorText(examination, styleFor(stdout)));
  const failed = devices.some(({ run }) => run === undefined || run.software);
  return asked !== undefined && asked !== 'auto' && failed ? 1 : 0;
}

/** The first device in the order of `auto` that runs the whole model on a real GPU; the CPU if there is none. */
function autoWinner(devices: readonly Diagnosis[]): string {
  const order = autoDevices().map(({ provider }) => provider);
  const winner = order.find((provider) => {
    const run = devices.find((each) => each.provider === provider)?.run;
    return run !== undefined && !run.software && run.cpuNodes === 0;
  });
  return winner ?? 'cpu';
}

function gpus(): Gpu[] {
  const query = ['--query-gpu=name,memory.total,driver_version', '--format=csv,noheader'];
  const { status, stdout } = spawnSync('nvidia-smi', query, { encoding: 'utf8' });
  if (status !== 0) return nvidiaGpus().map((name) => ({ name, memory: null, driver: null }));
  return stdout
    .trim()
    .split('\n')
    .map((line) => {
      const [name = 'NVIDIA GPU', memory = null, driver = null] = line.split(', ');
      return { name, memory, driver };
    });
}
