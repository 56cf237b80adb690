import { resolve } from 'node:path';
import { nativeFolder } from '../../model/devices/available.js';
import type { Provider } from '../../model/devices/device.js';
import type { Diagnosis } from '../../model/devices/diagnosis.js';
import { bytes, pairs } from '../../terminal/format.js';
import type { Style } from '../../terminal/style.js';
import type { Examination } from './examination.js';

/** The findings about a machine, for people. */
export function doctorText({ system, gpus, compiledIn, devices, auto }: Examination, style: Style): string {
  const { memoryBytes, versions } = system;
  const machine = pairs([
    ...Object.entries(versions),
    ['memory', bytes(memoryBytes)],
    ['providers', `${compiledIn.join(', ')} (compiled into onnxruntime)`],
    ['NVIDIA GPUs', gpus.length === 0 ? 'none that the system shows' : gpus.map(gpuText).join('; ')],
  ]);
  const looked = devices.map((device) => `${style.strong(device.device)}\n${deviceText(device, versions, style)}`);
  return `${style.strong('this machine')}\n${machine}\n${looked.join('\n')}\n  --device auto uses ${auto}\n`;
}

function gpuText({ name, memory, driver }: Examination['gpus'][number]): string {
  return [name, memory, driver && `driver ${driver}`].filter(Boolean).join(', ');
}

function deviceText(
  { provider, compiledIn, library, run, refused }: Diagnosis,
  versions: Examination['system']['versions'],
  style: Style,
): string {
  const lines: [string, string][] = [];
  if (library) {
    const missing = library.missing.length === 0 ? 'is there' : `is there, but not ${library.missing.join(', ')}`;
    lines.push(['library', `${library.path} ${library.present ? missing : 'is not there'}`]);
  }
  if (run) {
    const { adapter, software, cpuNodes, difference, msPerWindow } = run;
    const like = difference === null ? '' : `, at most ${difference.toExponential(1)} away from the CPU`;
    lines.push(['runs', `a small network, ${msPerWindow.toFixed(1)} ms for a window of 256 px${like}`]);
    if (adapter !== null)
      lines.push(['adapter', `${adapter}${software ? ', emulated on the CPU: needs --allow-software' : ''}`]);
    if (cpuNodes > 0) lines.push(['on the CPU', `${cpuNodes} nodes: needs --allow-cpu-nodes`]);
  }
  if (refused) {
    lines.push(['does not run', style.bad(refused.reason)]);
    const way = compiledIn ? wayOut(provider, versions) : undefined;
    const hint = way ?? refused.hint;
    if (hint !== undefined) lines.push(['what to do', hint]);
  }
  return pairs(lines);
}

/** How to install what a provider needs on this system; undefined if that is not known. */
function wayOut(provider: Provider, versions: Examination['system']['versions']): string | undefined {
  if (process.platform !== 'linux') return undefined;
  const version = versions.onnxruntime ?? 'the same version';
  if (provider === 'cuda' || provider === 'tensorrt') {
    const trt = provider === 'tensorrt' ? ', TensorRT 10' : '';
    return lines(
      `fetch the library of onnxruntime ${version}, for CUDA 12, with`,
      `  ONNXRUNTIME_NODE_INSTALL=cuda12 node ${resolve(nativeFolder(), '../../../../script/install.js')}`,
      `or, for CUDA 13, copy libonnxruntime_providers_*.so of the Python package onnxruntime-gpu==${version} to that folder;`,
      `it needs the CUDA runtime, cuDNN 9${trt} in LD_LIBRARY_PATH, and a driver that is new enough for them`,
    );
  }
  if (provider !== 'webgpu') return undefined;
  return lines(
    'install a Vulkan driver: that of NVIDIA with libEGL_nvidia.so.0 and an ICD in /etc/vulkan/icd.d, or Mesa with',
    '  apt install libvulkan1 mesa-vulkan-drivers',
    'and let this process see /dev/dri or /dev/nvidia0',
  );
}

/** Joins lines so that they are aligned in the second column of the text about a device. */
function lines(...all: readonly string[]): string {
  return all.join(`\n${' '.repeat(16)}`);
}
