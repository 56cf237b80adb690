/// <reference types="node" preserve="true" />
// The line above reaches whoever imports these types: they name AbortSignal, and the program that uses them may load no types by itself.
//
// What another program may import: the steps of each command, and the commands themselves as functions, without files of options and
// words for people. `segtile infer` is readModel, resolveModel, joinModels, groupsOf, openPool, readyModel, planSlide, runSlide; `info --check` is inspectSlide,
// checkSlide; `threshold` and `pseudo-label` are openProbabilities, thresholdSlide, pseudoLabel; `make-dataset` is openTruth, planDataset, makeDataset.
export { type ErrorCode, SegtileError } from './errors.js';
export { mapOrdered } from './io/ahead.js';
export type { RunControl, RunProgress } from './library/control.js';
export { segment } from './library/segment.js';
export type * from './library/segment-options.js';
export { type LabelMask, writeLabelMask } from './mask/label-mask.js';
export { createPreview, type Preview } from './mask/preview.js';
export { type ProbabilityMap, writeProbabilityMap } from './mask/probability-map.js';
export { type Card, type CardClass, readCard } from './model/card/card.js';
export { type Ensemble, joinModels, type Member } from './model/card/ensemble.js';
export { groupsOf, type WindowGroup } from './model/card/groups.js';
export type { Model, ModelClass } from './model/card/model.js';
export { resolveModel } from './model/card/resolve.js';
export { type Device, type DeviceChoice, parseDevices } from './model/devices/device.js';
export { type Diagnosis, diagnose } from './model/devices/diagnosis.js';
export { type ModelFile, readModel } from './model/graph/facts.js';
export { type DeviceFacts, openPool, type Pool } from './model/sessions/pool.js';
export { defaultWorkers, type PoolOptions } from './model/sessions/pool-options.js';
export type { TileSettings } from './pipeline/dataset/cut-dataset.js';
export { type DatasetSettings, type DatasetWatcher, makeDataset } from './pipeline/dataset/make-dataset.js';
export {
  type DatasetPlan,
  type DatasetPlanSettings,
  type DatasetPlanWatcher,
  planDataset,
} from './pipeline/dataset/plan-dataset.js';
export type { DatasetRecord, SlideFacts, SlideFailure } from './pipeline/dataset/record.js';
export type { DivideSettings, SlideTiles } from './pipeline/dataset/split.js';
export type { DatasetSlide, Survey, SurveySettings } from './pipeline/dataset/survey-slide.js';
export {
  type EvaluateSettings,
  evaluateMask,
  evaluateRuns,
  type SlideScores,
  type Tolerance,
} from './pipeline/evaluate/evaluate-mask.js';
export { type Evaluation, type Measured, summarizeSlides } from './pipeline/evaluate/summary.js';
export { type Inference, type InferResult, type InferSettings, inferSlide } from './pipeline/infer/infer.js';
export type { LabelResult, LabelSettings, LabelSinks } from './pipeline/infer/label-scores.js';
export { runSlide } from './pipeline/infer/run-slide.js';
export { type ScoreSettings, scoreSlide } from './pipeline/infer/score.js';
export type { RunFiles } from './pipeline/outputs/files.js';
export type { OutputFacts, OutputWishes, ResultFacts } from './pipeline/outputs/table.js';
export { type PlanSettings, planSlide, type SlidePlan, wishOf } from './pipeline/prepare/plan-slide.js';
export { passesPerWindow, readyModel } from './pipeline/prepare/ready-model.js';
export type { ReadyModel, RunSettings } from './pipeline/prepare/run-settings.js';
export type { TissueChoice, TissueSelection } from './pipeline/prepare/tissue.js';
export { type PseudoLabelRecord, type PseudoLabelSettings, pseudoLabel } from './pipeline/probabilities/pseudo-label.js';
export {
  type ThresholdRecord,
  type ThresholdSettings,
  thresholdSlide,
} from './pipeline/probabilities/threshold.js';
export type { RunRecord } from './pipeline/records/record.js';
export { createStageClock, type StageClock } from './pipeline/records/stage-clock.js';
export { type CleanedCount, type Cleaner, type CleanUp, createCleaner } from './plan/labels/clean-up.js';
export { type LabelRule, labelRows } from './plan/labels/labels.js';
export type { ScoreMap, ScoreMeaning } from './plan/labels/score-map.js';
export { formatThresholdFile, parseThresholdFile } from './plan/labels/threshold-file.js';
export type { Border } from './plan/windows/axis.js';
export { type Blend, weightMap } from './plan/windows/blend.js';
export { createGrid, type Grid, type GridSettings, windowsOfRow } from './plan/windows/grid.js';
export { type Geometry, scaledGeometry } from './plan/windows/scale.js';
export { type Selection, selectWindows } from './plan/windows/selection.js';
export { inverse, type Symmetry, symmetriesOf, type Tta } from './plan/windows/symmetry.js';
export type { WindowRows } from './plan/windows/windows.js';
export { type BadBlock, checkSlide, type SlideCheck } from './slide/check.js';
export type { Georeference } from './slide/formats/georeference.js';
export { inspectSlide, openSlide } from './slide/open.js';
export { openProbabilities, type Probabilities } from './slide/probabilities.js';
export type { ChannelReader, ChannelWish, Level, ReadLevel, Slide, SlideMpp } from './slide/slide.js';
export type { Inspection, SlideOptions } from './slide/tiff.js';
export { type CutWindow, cutWindows } from './slide/view/cut.js';
export { readOverview } from './slide/view/overview.js';
export { type View, type ViewChoice, workingView } from './slide/view/view.js';
export { createStitch, type Stitch, type StitchOptions } from './stitch/stitch.js';
export type { GeoTags } from './tiff/geo.js';
export type { SampleRange } from './tiff/samples/rgb.js';
export type { TiffLayout } from './tiff/write/layout.js';
export { deflateCodec, jpegCodec } from './tiff/write/tile-codec.js';
export { writePlanes, writeTiff } from './tiff/write/write.js';
export {
  type ClassesFile,
  defaultConfig as defaultTruthConfig,
  readConfig as readTruthConfig,
  type TruthConfig,
} from './truth/config.js';
export { openTruth, type TruthOptions } from './truth/open.js';
export type { LabelView, Truth, TruthObject } from './truth/truth.js';
export type * from './types.js';
