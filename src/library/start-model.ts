import { Command } from 'commander';
import { addInferOptions } from '../commands/infer/options.js';
import { parseSome } from '../commands/options/given.js';
import { SegtileError } from '../errors.js';
import { joinModels } from '../model/card/ensemble.js';
import type { Model } from '../model/card/model.js';
import type { DeviceFacts } from '../model/sessions/pool.js';
import { closePools, startPools } from '../pipeline/infer/scores/pools.js';
import { readMembers } from '../pipeline/prepare/models/named-models.js';
import type { InferOptions } from '../pipeline/prepare/options.js';
import { planSettings } from '../pipeline/prepare/settings.js';
import type { Samples, Size } from '../types.js';
import type { CardOptions } from './segment-options.js';

/**
 * The options of `segtile infer` that say what a model expects and where it runs. Names are those of its command line,
 * in camel case.
 */
export interface StartOptions extends CardOptions {
  /** The side of the windows that the model will get, in px of the model (default: from the model, else 1024). */
  readonly window?: number | Size | undefined;
  readonly device?: string | undefined;
  readonly requireGpu?: boolean | undefined;
  readonly allowCpuNodes?: boolean | undefined;
  readonly allowSoftware?: boolean | undefined;
  readonly batch?: number | 'auto' | undefined;
  readonly scoreType?: 'float32' | 'uint8' | undefined;
  readonly blendSpace?: 'probabilities' | 'logits' | undefined;
  readonly verify?: boolean | undefined;
  readonly workers?: number | undefined;
  /** Stops the start of the model. */
  readonly signal?: AbortSignal | undefined;
  /** Called with a sentence for people for each decision that was made. */
  readonly onNote?: ((sentence: string) => void) | undefined;
}

/** A model that is ready to run windows in its own threads. */
export interface StartedModel extends AsyncDisposable {
  /** What is known about the model, such as its classes, its micrometres per pixel and the channels of its scores. */
  readonly model: Model;
  /** Size of its windows, in px of the model. */
  readonly window: Size;
  readonly device: DeviceFacts;
  /** How many windows to run at the same time so that every thread is busy. */
  readonly capacity: number;
  /**
   * Runs one window.
   *
   * @param pixels interleaved samples of one window, such as those from {@link cutWindows}. Their buffer is transferred
   *   to another thread, so the caller can no longer use it.
   * @returns planes of `width * height` probabilities or logits, one plane for each channel of the scores
   * @throws {SegtileError} `usage` for a wrong number of samples; `model` if onnxruntime fails, with its message
   */
  run(pixels: Samples<ArrayBuffer>): Promise<Float32Array<ArrayBuffer>>;
  /** Waits for the windows that are running, and ends the threads. */
  close(): Promise<void>;
}

/** The options of `segtile infer` that `startModel` accepts; it refuses all others. */
const HEEDED: readonly string[] = [
  'card',
  'layout',
  'color',
  'samples',
  'scale',
  'mean',
  'std',
  'standardize',
  'activation',
  'classes',
  'modelMpp',
  'crop',
  'cam',
  'window',
  'device',
  'requireGpu',
  'allowCpuNodes',
  'allowSoftware',
  'batch',
  'scoreType',
  'blendSpace',
  'verify',
  'workers',
];

/**
 * Starts a model in the same way as `segment` does, to run it on your own windows.
 *
 * @param model path of an ONNX model, or the name of a bundled one; not an ensemble
 * @returns the started model; close it after use
 * @throws {SegtileError} `usage` for an option that is unknown or wrong, which it names, or for several models; `input`
 *   and `model` for the model; `device` if the device cannot run it
 */
export async function startModel(model: string, options: StartOptions = {}): Promise<StartedModel> {
  const { signal = new AbortController().signal, onNote, ...given } = options;
  const defaults = addInferOptions(new Command()).opts<InferOptions>();
  const names = addInferOptions(new Command()).options.map((each) => each.attributeName());
  const others = names.filter((name) => !HEEDED.includes(name));
  const { options: parsed } = parseSome<InferOptions>('infer', addInferOptions, given, others);
  const all: InferOptions = { ...defaults, ...parsed, model: [model] };
  const members = await readMembers(all, signal);
  const [first] = members;
  if (members.length !== 1) {
    throw new SegtileError('usage', `${model} holds ${members.length} models`, 'start each of them by itself');
  }
  const note = (sentence: string): void => onNote?.(sentence);
  const ensemble = joinModels(members);
  const { groups } = planSettings(all, ensemble, note);
  const pools = await startPools(ensemble, groups, all, {}, note, signal);
  const { device, capacity, run } = pools[0]!;
  const close = (): Promise<void> => closePools(pools);
  return { model: first!.model, window: groups[0]!.own, device, capacity, run, close, [Symbol.asyncDispose]: close };
}
