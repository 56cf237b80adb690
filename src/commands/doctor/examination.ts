import type { Diagnosis } from '../../model/devices/diagnosis.js';

/** An NVIDIA GPU, as its driver describes it. */
export interface Gpu {
  readonly name: string;
  readonly memory: string | null;
  readonly driver: string | null;
}

/** Everything that `segtile doctor` reports about a machine. */
export interface Examination {
  readonly system: {
    readonly memoryBytes: number;
    readonly versions: Readonly<Record<string, string>>;
  };
  readonly gpus: readonly Gpu[];
  /** The execution providers that onnxruntime was built with. */
  readonly compiledIn: readonly string[];
  readonly devices: readonly Diagnosis[];
  /** The device that `--device auto` chooses. */
  readonly auto: string;
}
