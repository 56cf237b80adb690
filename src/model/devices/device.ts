import { SegtileError } from '../../errors.js';

/** The kinds of devices that onnxruntime can run a network on, as `--device` names them. */
export const providers = ['cpu', 'cuda', 'tensorrt', 'webgpu', 'coreml', 'dml'] as const;
/** A kind of device, such as `cuda`. */
export type Provider = (typeof providers)[number];

/** One device. `index` is the number of the GPU, from 0; without it, the provider chooses one. */
export interface Device {
  readonly provider: Provider;
  readonly index?: number;
}

/** The user's choice: a list of devices that share the work, or `auto` for the best device of this machine. */
export type DeviceChoice = 'auto' | readonly Device[];

/** Providers that take the number of a GPU. */
const numbered: readonly Provider[] = ['cuda', 'tensorrt'];

/** The name of a device as `--device` takes it, such as `cuda:1` or `webgpu`. */
export function deviceName({ provider, index }: Device): string {
  return index === undefined ? provider : `${provider}:${index}`;
}

/**
 * Parses the value of `--device`: `auto`, or devices such as `webgpu`, `cuda:1` or `cuda:0,cuda:1`.
 *
 * @throws {SegtileError} `usage` for any other text, and for devices that cannot share one run
 */
export function parseDevices(text: string): DeviceChoice {
  if (text.trim() === 'auto') return 'auto';
  const devices = text.split(',').map((part) => parseDevice(part.trim(), text));
  const names = devices.map(deviceName);
  if (new Set(names).size < names.length || devices.some(({ provider }) => provider !== devices[0]!.provider)) {
    throw new SegtileError(
      'usage',
      `devices that share the windows must be different ones of one kind, but got "${text}"`,
      'give a list such as cuda:0,cuda:1',
    );
  }
  return devices;
}

function parseDevice(part: string, text: string): Device {
  const [, name, index] = /^([a-z]+)(?::(\d{1,3}))?$/.exec(part) ?? [];
  const provider = providers.find((each) => each === name);
  if (!provider || (index !== undefined && !numbered.includes(provider))) {
    throw new SegtileError(
      'usage',
      `expected auto, cpu, cuda[:n], tensorrt[:n], webgpu, coreml or dml for --device but got "${text}"`,
      'segtile doctor says what runs on this machine',
    );
  }
  return index === undefined ? { provider } : { provider, index: Number(index) };
}
