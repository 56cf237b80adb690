import { existsSync, readdirSync, readFileSync } from 'node:fs';

/**
 * File names of the shared objects of graphics and compute drivers that this process has loaded. Empty if the system does
 * not show them (only Linux does).
 */
export function mappedDrivers(maps: string = readText('/proc/self/maps')): readonly string[] {
  const files = maps.split('\n').flatMap((line) => /\/([^/]+\.so[^/ ]*)$/.exec(line)?.[1] ?? []);
  return [...new Set(files)].filter((file) => /^lib(vulkan_|GLX_nvidia|EGL_nvidia|cuda\.|vk_swiftshader)/.test(file)).sort();
}

/** Drivers that emulate a GPU on the CPU: Mesa's lavapipe (llvmpipe) and SwiftShader. */
const software = /^lib(vulkan_lvp|vk_swiftshader)/;

/** The adapter that a WebGPU session runs on, as far as the loaded drivers tell. */
export interface Adapter {
  readonly name: string;
  /** Whether the adapter is emulated by the CPU. */
  readonly software: boolean;
}

/**
 * Finds out which adapter WebGPU uses. onnxruntime does not report it, but Vulkan loads a driver for each adapter that it
 * finds, and Dawn prefers a real GPU if there is one.
 *
 * @param drivers see {@link mappedDrivers}
 */
export function webgpuAdapter(drivers: readonly string[], platform: NodeJS.Platform = process.platform): Adapter {
  if (platform !== 'linux') return { name: platform === 'darwin' ? 'Metal' : 'Direct3D 12', software: false };
  const real = drivers.filter((driver) => /^lib(vulkan_|GLX_nvidia|EGL_nvidia)/.test(driver) && !software.test(driver));
  const nvidia = real.some((driver) => /nvidia/.test(driver)) ? nvidiaGpus() : [];
  if (nvidia.length > 0) return { name: nvidia[0]!, software: false };
  const others = real.filter((driver) => !/nvidia/.test(driver));
  if (others.length > 0 && existsSync('/dev/dri')) return { name: others.join(', '), software: false };
  const drawn = drivers.find((driver) => software.test(driver));
  return { name: drawn?.includes('swiftshader') ? 'SwiftShader' : 'lavapipe (llvmpipe)', software: true };
}

/** Names of the NVIDIA GPUs that the driver sees, indexed by the number of the GPU. */
export function nvidiaGpus(): readonly string[] {
  const folder = '/proc/driver/nvidia/gpus';
  if (!existsSync(folder)) return existsSync('/dev/nvidia0') ? ['NVIDIA GPU'] : [];
  return readdirSync(folder)
    .sort()
    .map((bus) => /^Model:\s*(.+)$/m.exec(readText(`${folder}/${bus}/information`))?.[1] ?? 'NVIDIA GPU');
}

/**
 * Whether the system shows a GPU that Vulkan could use. This can be checked without starting Vulkan on Linux only; on
 * other platforms it is always true, and the device is simply tried.
 */
export function showsGpu(platform: NodeJS.Platform = process.platform): boolean {
  if (platform !== 'linux') return true;
  const drawn = existsSync('/dev/dri') && readdirSync('/dev/dri').some((name) => name.startsWith('renderD'));
  return drawn || existsSync('/dev/nvidia0') || existsSync('/dev/nvidiactl') || existsSync('/dev/dxg');
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
