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

/** Options of `segtile infer` that only a command line needs: what is told, and what is not run. */
const OF_THE_COMMAND_LINE = ['from', 'json', 'quiet', 'dryRun', 'previewOnly', 'shard', 'shardRows'];

/**
 * Segments a slide: windows through a model, stitched to one mask. Leaves the files that `segtile infer` leaves at the same options, byte for byte.
 * Where they are there already, made by the same run, they stay; where such a run was stopped, it goes on with what was kept.
 *
 * @param slide a TIFF, SVS, PNG or JPEG; TIFF and SVS also at https:// and s3://
 * @returns the record of the run: where its files are, what was found, what it took
 * @throws {SegtileError} `usage` naming an option that is unknown or wrong, or options that exclude each other; `input` and `unsupported` for the slide, `model`
 *   and `device` for the model, `output` where a file of another run is there already, another process is working on the slide, or a file cannot be written; `aborted` when the signal fires
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
    const hint = 'wait until it is done: wait; or choose another place';
    throw new SegtileError('output', `${slide} is in work elsewhere, by ${holderText(holder)}`, hint);
  }
  if (record === undefined) throw failures[0]?.error ?? new SegtileError('aborted', 'stopped before the end');
  return record;
}
