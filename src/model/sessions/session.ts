import { SegtileError } from '../../errors.js';
import type { Samples } from '../../types.js';
import type { Device } from '../devices/device.js';
import type { PlacedNode } from '../devices/profile.js';
import type { Dim } from '../graph/onnx.js';
import type { Turn } from './turn.js';

/** What a graph gives: planes of scores, as floats or as bytes. */
export type ScoreData = Float32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;

/** What a worker loads: a graph with one input of known type and shape, and one output. */
export interface Start {
  readonly graph: Uint8Array;
  readonly element: 'uint8' | 'uint16' | 'float32' | 'float16';
  readonly dims: readonly number[];
  /** The folder of weights that lie outside the graph, should there be any. */
  readonly externalData: string;
  /** Without it the CPU. */
  readonly device?: Device;
  /** Samples of the output; float32 without it. */
  readonly scores?: 'float32' | 'uint8';
  /** An input to run once before the session counts as loaded, to learn where each node runs. */
  readonly trial?: Samples<ArrayBuffer>;
  /** Held while onnxruntime loads, runs or releases the graph; set by the thread that the graph goes to. */
  readonly turn?: Turn;
}

/** What is known of a graph once it is loaded; all but `dims` only where there was a trial. */
export interface Loaded {
  /** What onnxruntime knows about the shape of the output before any run. */
  readonly dims: readonly Dim[];
  /** What the trial gave. */
  readonly first?: ScoreData;
  readonly nodes?: readonly PlacedNode[];
  /** Drivers of GPUs that the process has loaded, by the names of their files. */
  readonly drivers?: readonly string[];
}

/** One input for the worker; `id` counts from 1; an error with `id` 0 is one of loading. */
export interface Request {
  readonly id: number;
  readonly data: Samples<ArrayBuffer>;
  /** Memory for the result: that of an earlier one. Without it there will be new memory. */
  readonly scores?: ScoreData | undefined;
}

/** What the worker says: that it has loaded a graph, and an answer to each request. Either may be an error. */
export type WorkerReply =
  | ({ readonly kind: 'loaded' } & Loaded)
  | ({ readonly kind: 'result'; readonly id: number } & GraphScores)
  | { readonly kind: 'error'; readonly id: number; readonly message: string; readonly input?: Request['data'] };

/** What a graph gave for one input. */
export interface GraphScores {
  readonly data: ScoreData;
  readonly dims: readonly number[];
  /** The memory of the input, for another one. */
  readonly input: Request['data'];
  /** Milliseconds that the run took, copies to the device and back included. */
  readonly busy: number;
}

/** A run that failed. The memory of its input is given back, so that it can be run again. */
export class RunError extends SegtileError {
  readonly input: Request['data'] | undefined;

  constructor(message: string, input?: Request['data']) {
    super('model', message);
    this.input = input;
  }
}

/** A graph that is loaded in a thread of its own and can be run. */
export interface Session extends Loaded {
  /** How many runs are not answered yet. */
  pending(): number;
  /** Runs the graph. `data` and its whole buffer move to the worker, as do `scores`; the memory comes back with the result. */
  run(data: Request['data'], scores?: Request['scores']): Promise<GraphScores>;
  /** Ends the thread after the runs in hand. Resolves when it is gone. */
  close(): Promise<void>;
}

/** Characters of a message that are shown. */
const LONGEST = 600;

/** onnxruntime's message on one line: what went wrong and in which node, without the C++ around it. What is longer than that ends behind a word. */
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
