import type { ObjectFacts } from '../objects/facts.js';
import type { SubmissionFacts, SubmissionOptions } from '../submissions/options.js';
import { type DisagreementFacts, lookForDisagreement, makeDisagreement } from './kinds/disagreement.js';
import { type HeatmapFacts, type HeatmapOptions, makeHeatmap } from './kinds/heatmap.js';
import { type MaskFacts, maskOfLabels, type PaletteOptions } from './kinds/mask.js';
import { makeObjects, type ObjectOptions, objectOutputs, wantsObjects } from './kinds/objects.js';
import { previewOfLabels } from './kinds/preview.js';
import { makeProbabilities, type ProbabilityFileFacts, type ProbabilityOptions } from './kinds/probabilities.js';
import { makeSubmission, submissionOutput } from './kinds/submission.js';
import {
  lookAtScores,
  makeWindowScores,
  type WindowScoreFacts,
  type WindowScoreOptions,
  windowScoreFiles,
} from './kinds/window-scores.js';
import type { Output, Result, RunResult } from './output.js';

/** The options that ask for outputs besides the mask. Outputs that are absent are not wanted. */
export interface OutputOptions
  extends PaletteOptions,
    ProbabilityOptions,
    ObjectOptions,
    SubmissionOptions,
    HeatmapOptions,
    WindowScoreOptions {
  readonly preview?: boolean | undefined;
  readonly reportDisagreement?: boolean | undefined;
  readonly report?: boolean | undefined;
}

/** The record entries of the outputs that can be made from labels alone; null for those that were not made. */
export interface ResultFacts {
  readonly mask: MaskFacts;
  readonly objects: ObjectFacts | null;
  readonly submission: SubmissionFacts | null;
  readonly heatmap: HeatmapFacts | null;
}

/** The record entries of the outputs of a run; null for those that were not made. */
export interface OutputFacts extends ResultFacts {
  readonly probabilities: ProbabilityFileFacts | null;
  readonly preview: string | null;
  readonly disagreement: DisagreementFacts | null;
  readonly windowScores: WindowScoreFacts | null;
}

/** A table of outputs, by their names in records. */
export type OutputTable<Facts, Needs extends Result> = {
  readonly [Name in keyof Facts]: Output<OutputOptions, Needs, NonNullable<Facts[Name]>>;
};

/**
 * The outputs that can be made from labels alone: by a run of models, and by `segtile threshold` and `segtile
 * pseudo-label`. The first one is finished first. If two processes make the same files, the one that finishes its first
 * file makes all of them.
 */
export const resultOutputs: OutputTable<ResultFacts, Result> = {
  mask: { ending: '.mask.ome.tif', title: 'mask', wanted: () => true, ofLabels: maskOfLabels },
  objects: {
    ending: '.objects',
    title: null,
    files: objectOutputs,
    wanted: wantsObjects,
    scores: () => 'float32',
    make: makeObjects,
  },
  submission: {
    ending: '.submission',
    title: null,
    files: submissionOutput,
    wanted: ({ submission }) => submission !== undefined,
    make: makeSubmission,
  },
  heatmap: {
    ending: '.heatmap.png',
    title: 'heatmap',
    wanted: ({ heatmap }) => heatmap !== undefined,
    // Bytes would not tell where no window was run.
    scores: () => 'float32',
    make: makeHeatmap,
  },
};

/**
 * Everything that a run of models can write, in the order in which it is reported. To add an output, add a line here
 * and an option.
 */
export const runOutputs: OutputTable<OutputFacts, RunResult> & {
  readonly report: Output<OutputOptions, RunResult, never>;
} = {
  ...resultOutputs,
  probabilities: {
    ending: '.probabilities.ome.tif',
    title: 'scores',
    wanted: ({ probabilities }) => probabilities !== undefined,
    scores: ({ probabilities = 'uint8' }) => probabilities,
    make: makeProbabilities,
  },
  preview: {
    ending: '.preview.jpg',
    title: 'preview',
    wanted: ({ preview }) => preview === true,
    ofLabels: previewOfLabels,
  },
  disagreement: {
    ending: '.disagreement.tif',
    title: null,
    wanted: ({ reportDisagreement }) => reportDisagreement === true,
    look: lookForDisagreement,
    make: makeDisagreement,
  },
  windowScores: {
    ending: '.windows',
    title: null,
    files: windowScoreFiles,
    wanted: ({ windowScores }) => windowScores !== undefined,
    look: lookAtScores,
    make: makeWindowScores,
  },
  // Made from the record by `writeInferReport`.
  report: { ending: '.report.html', title: 'report', wanted: ({ report }) => report === true },
};

/** Names of outputs in records. */
export type OutputName = keyof OutputFacts | 'report';
