import { addInferOptions } from '../commands/infer/options.js';
import { parseGiven } from '../commands/options/given.js';
import { SegtileError } from '../errors.js';
import { type Holder, holderText } from '../io/claim.js';
import { type SlidesWatcher, segmentSlides } from '../pipeline/infer/segment-slides.js';
import type { InferOptions } from '../pipeline/prepare/options.js';
import { planWarnings } from '../pipeline/prepare/plan-cost.js';
import type { RunRecord } from '../pipeline/records/record.js';
import { controlled } from './control.js';
import type { SegmentOptions } from './segment-options.js';

/**
 * Options of `segtile infer` that only its command line has: what is printed, and runs that stop early or do only a
 * share of the work.
 */
const OF_THE_COMMAND_LINE = ['from', 'json', 'quiet', 'dryRun', 'previewOnly', 'shard', 'shardRows'];

/**
 * Segments a slide: runs a model on windows of the slide, and stitches the results into one mask. It writes the same
 * files as `segtile infer` with the same options, byte for byte. If the same run has already written them, they are
 * kept. If the same run was stopped earlier, it continues from what it kept.
 *
 * @param slide path of a TIFF, SVS, PNG or JPEG; TIFF and SVS also at https:// and s3://
 * @returns the record of the run: its settings, where its files are, what was found, and the time and memory it took
 * @throws {SegtileError} `usage` for an option that is unknown or wrong, which it names, or for options that exclude
 *   each other; `input` and `unsupported` for the slide; `model` and `device` for the model; `output` if there is
 *   already a file of another run, if another process is working on the slide, or if a file cannot be written;
 *   `aborted` when the signal fires
 */
export async function segment(slide: string, options: SegmentOptions = {}): Promise<RunRecord> {
  const { control, options: given } = controlled(options);
  const { signal, onProgress, onNote } = control;
  const { options: parsed } = parseGiven<InferOptions>('infer', addInferOptions, given, OF_THE_COMMAND_LINE);
  let record: RunRecord | undefined;
  let holder: Holder | undefined;
  const watcher: SlidesWatcher = {
    note: onNote,
    windows: ({ done, total }) => onProgress?.({ name: slide, unit: 'windows', done, total }),
    planned: (plan, passes) => [...plan.notes, ...planWarnings(plan, passes)].forEach((sentence) => void onNote?.(sentence)),
    done: (made) => {
      record = made;
    },
    kept: (made) => {
      record = made;
    },
    elsewhere: (_, other) => {
      holder = other;
    },
  };
  const { failures } = await segmentSlides([{ path: slide }], parsed, watcher, signal);
  if (holder) {
    const hint = 'set the option wait to wait until it is done, or choose another output';
    throw new SegtileError('output', `${slide} is in progress elsewhere, by ${holderText(holder)}`, hint);
  }
  if (record === undefined) throw failures[0]?.error ?? new SegtileError('aborted', 'stopped before the end');
  return record;
}
