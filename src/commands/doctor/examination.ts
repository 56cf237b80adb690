import type { Diagnosis } from '../../model/devices/diagnosis.js';

/** An NVIDIA GPU as its driver tells it. */
export interface Gpu {
  readonly name: string;
  readonly memory: string | null;
  readonly driver: string | null;
}

/** All that is told of a machine. */
export interface Examination {
  readonly system: {
    readonly memoryBytes: number;
    readonly versions: Readonly<Record<string, string>>;
  };
  readonly gpus: readonly Gpu[];
  /** Those that onnxruntime was built with here. */
  readonly compiledIn: readonly string[];
  readonly devices: readonly Diagnosis[];
  /** What `--device auto` takes. */
  readonly auto: string;
}
