import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** Shared objects of graphics and compute drivers that this process has loaded, by the names of their files. Empty where that cannot be seen. */
export function mappedDrivers(maps: string = readText('/proc/self/maps')): readonly string[] {
  const files = maps.split('\n').flatMap((line) => /\/([^/]+\.so[^/ ]*)$/.exec(line)?.[1] ?? []);
  return [...new Set(files)].filter((file) => /^lib(vulkan_|GLX_nvidia|EGL_nvidia|cuda\.|vk_swiftshader)/.test(file)).sort();
}

/** Drivers that draw on the CPU: Mesa's lavapipe (llvmpipe) and SwiftShader. */
const software = /^lib(vulkan_lvp|vk_swiftshader)/;

/** What a WebGPU session runs on, as far as the drivers tell which it has loaded. */
export interface Adapter {
  readonly name: string;
  /** Whether the CPU does the work after all. */
  readonly software: boolean;
}

/**
 * Which adapter WebGPU has taken. onnxruntime does not say it; but Vulkan has loaded a driver for each that it found, and Dawn takes a
 * real GPU where there is one.
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

/** Names of the NVIDIA GPUs that the driver sees, by their number. */
export function nvidiaGpus(): readonly string[] {
  const folder = '/proc/driver/nvidia/gpus';
  if (!existsSync(folder)) return existsSync('/dev/nvidia0') ? ['NVIDIA GPU'] : [];
  return readdirSync(folder)
    .sort()
    .map((bus) => /^Model:\s*(.+)$/m.exec(readText(`${folder}/${bus}/information`))?.[1] ?? 'NVIDIA GPU');
}

/** Whether the system shows any GPU that Vulkan could drive. Only Linux can be asked without starting it; elsewhere it is tried. */
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
