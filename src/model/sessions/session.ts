import { SegtileError } from '../../errors.js';
import type { Box, Samples, SampleType } from '../../types.js';
import type { Device } from '../devices/device.js';
import type { PlacedNode } from '../devices/profile.js';
import type { Dim } from '../graph/format/onnx.js';
import type { Turn } from './turn.js';

/** The output of a graph: planes of scores, as floats or as bytes. */
export type ScoreData = Float32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;

/** What a worker loads: a graph with one input of known type and shape, and one output. */
export interface Start {
  /** In shared memory if several threads load it. */
  readonly graph: Uint8Array;
  readonly element: 'uint8' | 'uint16' | 'float32' | 'float16';
  readonly dims: readonly number[];
  /** The folder of the weights that are outside the graph, if there are any. */
  readonly externalData: string;
  /** The CPU by default. */
  readonly device?: Device;
  /** Type of the output; float32 by default. */
  readonly scores?: 'float32' | 'uint8';
  /** An input to run once before the session counts as loaded, to find out where each node runs. */
  readonly trial?: Samples<ArrayBuffer>;
  /** A lock that is held while onnxruntime loads, runs or releases the graph. Set by the thread that the graph is sent to. */
  readonly turn?: Turn;
}

/** What is known about a loaded graph. All but `dims` is only known if there was a trial. */
export interface Loaded {
  /** The shape of the output as far as onnxruntime knows it before any run. */
  readonly dims: readonly Dim[];
  /** The output of the trial. */
  readonly first?: ScoreData;
  readonly nodes?: readonly PlacedNode[];
  /** File names of the GPU drivers that the process has loaded. */
  readonly drivers?: readonly string[];
}

/** One input for the worker. `id` counts from 1; an error with `id` 0 is an error of loading. */
export interface Request {
  readonly id: number;
  readonly data: Samples<ArrayBuffer>;
  /** Memory for the result, from an earlier result. Without it, new memory is allocated. */
  readonly scores?: ScoreData | undefined;
}

/** A graph to be run once on zeros, beside the one that is loaded, only to know the shape of its output. */
export interface ShapeRequest {
  readonly id: number;
  readonly once: Uint8Array;
  /** Of its input, which is float32. */
  readonly dims: readonly number[];
}

/**
 * Windows in shared memory: the worker copies their pixels into its own input, and their scores out of its output. All
 * is numbers, since memory takes longer to send than a window takes to cut.
 */
export interface SharedRequest {
  readonly id: number;
  /** The memories that this request and the next ones use; left out if they are those of the request before. */
  readonly memories?: readonly SharedArrayBuffer[] | undefined;
  readonly type: SampleType;
  /** The part that holds those of all windows. */
  readonly part: Box | undefined;
  /** If there is one window: what the graph is to see of it. */
  readonly shown: Box | undefined;
  /** For each window: the numbers of {@link PackedWindow}. */
  readonly windows: readonly PackedWindow[];
}

/** A {@link SharedWindow}: the index of the memory of its pixels, their first byte, how many samples, and the same of its scores. */
export type PackedWindow = readonly [
  pixels: number,
  pixelsAt: number,
  samples: number,
  scores: number,
  scoresAt: number,
  floats: number,
];

/** Memory for the pixels and the scores of one window that all threads can write and read. */
export interface SharedWindow {
  readonly pixels: Samples<SharedArrayBuffer>;
  readonly scores: Float32Array<SharedArrayBuffer>;
  /** The part of the window whose scores are wanted, in its pixels; others may be left as they are. All if left out. */
  readonly part?: Box | undefined;
  /**
   * What of the window a network must see for that part, which lies within, in its pixels. A network that takes no windows of
   * other sizes sees all of it, as if this is left out.
   */
  readonly shown?: Box | undefined;
}

/** The messages of the worker: that it has loaded a graph, or the result of a request. Either may be an error instead. */
export type WorkerReply =
  | ({ readonly kind: 'loaded' } & Loaded)
  | ({ readonly kind: 'result'; readonly id: number } & GraphScores)
  | ({ readonly kind: 'written'; readonly id: number } & RunFacts)
  | { readonly kind: 'shape'; readonly id: number; readonly dims: readonly number[] }
  | { readonly kind: 'error'; readonly id: number; readonly message: string; readonly input?: Request['data'] };

/** The output of a graph for one input. */
export interface GraphScores extends RunFacts {
  readonly data: ScoreData;
  /** The shape of the scores. */
  readonly dims: readonly number[];
  /** The memory of the input, to be reused for another one. */
  readonly input: Request['data'];
}

/** What is known of a run besides its scores. */
export interface RunFacts {
  /** Duration of the run in milliseconds, including copies to and from the device. */
  readonly busy: number;
}

/** The error of a failed run. It gives back the memory of the input, so that the input can be run again. */
export class RunError extends SegtileError {
  readonly input: Request['data'] | undefined;

  constructor(message: string, input?: Request['data']) {
    super('model', message);
    this.input = input;
  }
}

/** A graph that is loaded in its own thread and can be run. */
export interface Session extends Loaded {
  /** Number of runs that are not finished yet. */
  pending(): number;
  /**
   * Runs the graph. The whole buffers of `data` and `scores` are transferred to the worker; their memory comes back with
   * the result.
   */
  run(data: Request['data'], scores?: Request['scores']): Promise<GraphScores>;
  /** {@link run} for windows in shared memory, which may be fewer than the batch. */
  runShared(windows: readonly SharedWindow[]): Promise<RunFacts>;
  /** Ends the thread after its pending runs. Resolves when the thread is gone. */
  close(): Promise<void>;
}

/** Most characters of a message that are shown. */
const LONGEST = 600;

/**
 * Condenses a message of onnxruntime to one line: what went wrong and in which node, without the C++ around it. A longer
 * message is cut after a word.
 */
export function condensed(message: string): string {
  const line = message
    .replace(/\s+/g, ' ')
    .replace(/^(\w*Error: )+/, '')
    .replace(/Non-zero status code returned while running (\w+) node. Name:'(.*?)' Status Message: /, '$1 node "$2": ')
    .replace(/\S+\.(cc|h):\d+ (\w+ (?=[A-Z])|(\w+ )?[\w:]+\([^)]*\)( const)? )?/g, '')
    .replace(/\[ONNXRuntimeError\] : \d+ : \w+ : /g, '')
    .trim();
  return line.length <= LONGEST ? line : `${line.slice(0, LONGEST + 1).replace(/\s*\S*$/, '')} …`;
}
