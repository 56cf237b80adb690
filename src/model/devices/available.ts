import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { SegtileError } from '../../errors.js';
import { nvidiaGpus, showsGpu } from './adapter.js';
import { type Device, deviceName, type Provider } from './device.js';
import { loadOnnxruntime } from './load-onnxruntime.js';

/** Libraries of the providers that onnxruntime loads only on request, on Linux. */
const libraries: Partial<Record<Provider, string>> = {
  cuda: 'libonnxruntime_providers_cuda.so',
  tensorrt: 'libonnxruntime_providers_tensorrt.so',
};

/** GPU providers that exist on Linux. */
const linuxProviders: readonly Provider[] = ['cuda', 'tensorrt', 'webgpu'];

/** The library that a provider needs in addition to onnxruntime on this platform; undefined if it needs none. */
export function providerLibrary(provider: Provider): string | undefined {
  return process.platform === 'linux' ? libraries[provider] : undefined;
}

/** The folder of onnxruntime's native libraries. */
export function nativeFolder(): string {
  const main = createRequire(import.meta.url).resolve('onnxruntime-node');
  return join(dirname(main), '..', 'bin', 'napi-v6', process.platform, process.arch);
}

/** Providers that onnxruntime was built with on this platform. Their libraries or devices may still be missing. */
export function compiledIn(): readonly string[] {
  return loadOnnxruntime()
    .listSupportedBackends()
    .map(({ name }) => name);
}

/** Names of the shared objects that a library needs but the system lacks, according to `ldd`. Empty if there is no `ldd`. */
export function missingObjects(library: string): readonly string[] {
  const { stdout } = spawnSync('ldd', [library], { encoding: 'utf8' });
  return [...(stdout ?? '').matchAll(/^\s*(\S+) => not found$/gm)].map(([, name]) => name!);
}

/** The devices that `auto` tries, fastest first. TensorRT is left out because it takes minutes to prepare a network. */
export function autoDevices(platform: NodeJS.Platform = process.platform): readonly Device[] {
  const order: readonly Provider[] =
    platform === 'darwin' ? ['coreml', 'webgpu'] : platform === 'win32' ? ['cuda', 'dml', 'webgpu'] : ['cuda', 'webgpu'];
  return order.map((provider) => ({ provider }));
}

/**
 * Refuses a device that cannot run, as far as that can be told without starting it.
 *
 * @param allowSoftware also accepts WebGPU on an adapter that is emulated by the CPU
 * @throws {SegtileError} `device` with the reason and what to do
 */
export async function refuseUnavailable(device: Device, allowSoftware = false): Promise<void> {
  const { provider } = device;
  const name = deviceName(device);
  // This check comes first because the next one loads onnxruntime, which takes a while.
  const drawn = provider === 'webgpu' && allowSoftware;
  if (linuxProviders.includes(provider) && !drawn && !showsGpu()) {
    const software = '; --allow-software accepts a GPU that is emulated on the CPU, if Vulkan has one';
    throw new SegtileError(
      'device',
      `${name} finds no GPU on this machine`,
      `use --device cpu${provider === 'webgpu' ? software : ''}`,
    );
  }
  const built = compiledIn();
  if (!built.includes(provider))
    throw new SegtileError(
      'device',
      `${name} is not compiled into onnxruntime for ${process.platform}-${process.arch}`,
      `this build has ${built.join(', ')}`,
    );
  const library = providerLibrary(provider);
  if (library === undefined) return;
  const path = join(nativeFolder(), library);
  if (!existsSync(path))
    throw new SegtileError(
      'device',
      `${name} needs ${library}, which is not beside onnxruntime`,
      'segtile doctor says how to install it',
    );
  const missing = missingObjects(path);
  if (missing.length > 0)
    throw new SegtileError(
      'device',
      `${name} needs ${missing.join(', ')}, which ${missing.length === 1 ? 'is' : 'are'} not found`,
      'put the folders that hold CUDA and cuDNN into LD_LIBRARY_PATH; segtile doctor has the details',
    );
  if (device.index !== undefined && nvidiaGpus().length > 0 && device.index >= nvidiaGpus().length)
    throw new SegtileError(
      'device',
      `there is no ${name}: this machine has ${nvidiaGpus().length} NVIDIA GPU${nvidiaGpus().length === 1 ? '' : 's'}`,
      'GPUs are counted from 0',
    );
}
