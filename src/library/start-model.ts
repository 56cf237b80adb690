import { Command } from 'commander';
import { addInferOptions } from '../commands/infer/options.js';
import { parseSome } from '../commands/options/given.js';
import { SegtileError } from '../errors.js';
import { joinModels } from '../model/card/ensemble.js';
import type { Model } from '../model/card/model.js';
import type { DeviceFacts } from '../model/sessions/pool.js';
import { closePools, startPools } from '../pipeline/infer/scores/pools.js';
import { readMembers } from '../pipeline/prepare/named-models.js';
import type { InferOptions } from '../pipeline/prepare/options.js';
import { planSettings } from '../pipeline/prepare/settings.js';
import type { Samples, Size } from '../types.js';
import type { CardOptions } from './segment-options.js';

/** The options of `segtile infer` that say what a model expects and where it runs, in camel case. */
export interface StartOptions extends CardOptions {
  /** Side of the windows that it will be given, in px of the model (default: from the model, else 1024). */
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
  /** Stops what is being started. */
  readonly signal?: AbortSignal | undefined;
  /** Is told, in sentences for people, what was decided. */
  readonly onNote?: ((sentence: string) => void) | undefined;
}

/** A model that is ready to run windows, in threads of its own. */
export interface StartedModel extends AsyncDisposable {
  /** What is known of it: its classes, its micrometres per pixel, the channels of its scores. */
  readonly model: Model;
  /** Size of its windows, in px. */
  readonly window: Size;
  readonly device: DeviceFacts;
  /** How many windows may be in work at once to keep every thread busy. */
  readonly capacity: number;
  /**
   * Runs one window.
   *
   * @param pixels interleaved samples of one window; those of {@link cutWindows} fit. Their buffer moves to another thread: it is gone for the caller.
   * @returns planes of `width * height` probabilities, or logits, one for each channel of the scores
   * @throws {SegtileError} `usage` for a wrong number of samples, `model` with onnxruntime's words
   */
  run(pixels: Samples<ArrayBuffer>): Promise<Float32Array<ArrayBuffer>>;
  /** Lets the windows in work finish, and ends the threads. */
  close(): Promise<void>;
}

/** The options that are heeded here. */
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
 * Starts a model for windows of your own, as `segment` starts it.
 *
 * @param model an ONNX model, or the name of a bundled one
 * @throws {SegtileError} `usage` naming an option that is unknown or wrong, `input` and `model` for the model, `device` where the device does not run it
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
    throw new SegtileError('usage', `${model} holds ${members.length} models`, 'start each by itself');
  }
  const note = (sentence: string): void => onNote?.(sentence);
  const ensemble = joinModels(members);
  const { groups } = planSettings(all, ensemble, note);
  const pools = await startPools(ensemble, groups, all, note, signal);
  const { device, capacity, run } = pools[0]!;
  const close = (): Promise<void> => closePools(pools);
  return { model: first!.model, window: groups[0]!.own, device, capacity, run, close, [Symbol.asyncDispose]: close };
}
