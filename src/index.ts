/// <reference types="node" preserve="true" />
// The line above also reaches programs that import these types. The types name AbortSignal, and such a program may not
// load Node's types itself. Below is the public interface of the package: whole runs, with the options of the command
// line, and the parts that they are made of, with every type that they name.
export type {
  Augmentation,
  AugmentStep,
  Chance,
  Cutout,
  Filling,
  Flip,
  GridDropout,
  Mix,
  NonEmptyCrop,
  Rotate90,
  SnapMix,
  StainJitter,
  Stains,
} from './augment/steps.js';
export type { Form } from './dataset/layout.js';
export type { CopyTotals, Statistics } from './dataset/totals.js';
export { type ErrorCode, SegtileError } from './errors.js';
export type { CommitOptions, PartialFile } from './io/partial-file.js';
export { type ComparisonOptions, compare, type TilingValue } from './library/compare.js';
export type { controlled, RunControl, RunProgress } from './library/control.js';
export { type EvaluationOptions, type EvaluationResult, evaluate } from './library/evaluate.js';
export { type DatasetOptions, makeDataset } from './library/make-dataset.js';
export { type OutlineOptions, outlineObjects } from './library/outline-objects.js';
export { segment } from './library/segment.js';
export type * from './library/segment-options.js';
export type { ReadingOptions, RegionOptions, TissueClassOptions } from './library/slide-options.js';
export { type StartedModel, type StartOptions, startModel } from './library/start-model.js';
export { type MaskOptions, pseudoLabel, type SureLabelOptions, thresholdSlide } from './library/threshold.js';
export type { HeatColors } from './mask/heat-colors.js';
export { type LabelMask, writeLabelMask as writeMask } from './mask/label-mask.js';
export { createPreview, type Preview } from './mask/preview/preview.js';
export { type ProbabilityMap, writeProbabilityMap } from './mask/probability-map.js';
export { type Card, type CardClass, readCard, type Standardization } from './model/card/card.js';
export type { Model, ModelClass, Normalization } from './model/card/model.js';
export type { Device, Provider } from './model/devices/device.js';
export { type Diagnosis, diagnose, type LibraryFacts } from './model/devices/diagnosis.js';
export type { PlacedNode } from './model/devices/profile.js';
export type { Runtime } from './model/devices/runtime.js';
export type { ActivationHead } from './model/graph/activation-map.js';
export type { Ending } from './model/graph/ending.js';
export type { ModelFile } from './model/graph/facts.js';
export type { Dim, Element, TensorFact } from './model/graph/format/onnx.js';
export type { TensorLayout } from './model/graph/layout.js';
export type { Beginning } from './model/measured/beginning.js';
export type { DeviceRates, MeasuredLanes } from './model/measured/device-rates.js';
export type { Fit } from './model/measured/fit.js';
export type { LaneCounts, MeasuredRate } from './model/sessions/choose-sessions.js';
export type { DeviceFacts } from './model/sessions/pool.js';
export type {
  GraphScores,
  Loaded,
  Request,
  RunFacts,
  ScoreData,
  Session,
  SharedWindow,
  Start,
} from './model/sessions/session.js';
export type { Thread } from './model/sessions/thread.js';
export type { Threads } from './model/sessions/threads.js';
export type { Turn } from './model/sessions/turn.js';
export type { Measure, ObjectFormat } from './objects/formats/format.js';
export type { ObjectType } from './objects/formats/geojson.js';

export type { ClassSummary, LookedAt, OfEach, SizeHistogram } from './objects/summary.js';

export type { ComparisonRecord, VariantFacts } from './pipeline/compare/results.js';
export type { SharedTime } from './pipeline/compare/thresholds.js';

export type { DatasetRecord, SlideFacts, SlideFailure } from './pipeline/dataset/record.js';
export type { SplitBy } from './pipeline/dataset/settings.js';
export type { SharedPatients } from './pipeline/dataset/split.js';
export type { SlideScores } from './pipeline/evaluate/evaluate-mask.js';
export type {
  ClassResult,
  Evaluation,
  MeansFrom,
  Measured,
  SlideMean,
  SlideMeans,
  SweepResult,
} from './pipeline/evaluate/summary.js';
export type { JudgedFacts } from './pipeline/gate/judge.js';
export type { StreamModel } from './pipeline/infer/scores/score-streams.js';
export type { Inference } from './pipeline/infer/scores/stages.js';
export type { ObjectFacts, ObjectFile, ObjectFiles } from './pipeline/objects/facts.js';
export type { MaskObjectRecord } from './pipeline/objects/mask-objects.js';
export type { SimplifiedFacts, SimplifyOptions } from './pipeline/objects/simplify-options.js';
export type { SplitOptions } from './pipeline/objects/split-options.js';
export type { RunFiles } from './pipeline/outputs/files.js';
export type { DisagreementFacts } from './pipeline/outputs/kinds/disagreement.js';
export type { HeatmapFacts, HeatmapOptions } from './pipeline/outputs/kinds/heatmap.js';
export type { MaskFacts, PaletteOptions } from './pipeline/outputs/kinds/mask.js';
export type { ObjectOptions } from './pipeline/outputs/kinds/objects.js';
export type { ProbabilityFileFacts, ProbabilityOptions } from './pipeline/outputs/kinds/probabilities.js';
export type { WindowScoreFacts, WindowScoreFormat, WindowScoreOptions } from './pipeline/outputs/kinds/window-scores.js';
export type { OutputFacts, OutputName, OutputOptions, ResultFacts } from './pipeline/outputs/table.js';
export type { WindowCounts } from './pipeline/prepare/models/passes.js';
export type { ReadyModel, RunOptions, RunSettings } from './pipeline/prepare/run-settings.js';
export type { KeptShare, PseudoLabelRecord, PseudoLabelSettings } from './pipeline/probabilities/pseudo-label.js';
export type { ProbabilityFacts, ThresholdRecord } from './pipeline/probabilities/threshold.js';
export type { ProofFacts } from './pipeline/proof/facts.js';
export type { RunLimits, RunStage } from './pipeline/records/limits.js';
export type { ClassShare, CleanedFacts, MemberFacts, RunRecord } from './pipeline/records/record.js';
export type { StageClock } from './pipeline/records/stage-clock.js';
export type { ResultFile, RunKey } from './pipeline/resume/key.js';
export type { SubmissionFacts, SubmissionOptions } from './pipeline/submissions/options.js';
export type { TissueFacts } from './pipeline/tissue/found-tissue.js';
export type { RegionFacts } from './pipeline/tissue/region.js';
export type { TissueSelection } from './pipeline/tissue/tissue.js';
export type { Area, CleanUpAreas } from './plan/labels/cleaning/area.js';
export { type CleanedCount, type Cleaner, type CleanUp, createCleaner } from './plan/labels/cleaning/clean-up.js';
export type { LabelLoops, Rival, Winners } from './plan/labels/label-loops.js';
export { type LabelCount, type LabelRule, labelRows } from './plan/labels/labels.js';
export type { Length } from './plan/labels/length.js';
export type { RunOrder } from './plan/labels/runs/label-runs.js';
export { formatThresholdFile, parseThresholdFile } from './plan/labels/threshold-file.js';
export type { Sampler, SamplerReport } from './plan/sampling/sampling.js';
export type { ScoredClass, ScoreMap, ScoreMeaning } from './plan/scores/score-map.js';
export type { ProbabilityType } from './plan/scores/score-planes.js';
export type { Border, FixedPlacement, WindowAxis, WindowPlacement } from './plan/windows/axis.js';
export { type Blend, weightMap } from './plan/windows/blend.js';
export { createGrid, type Grid, type GridSettings, type LaidRow, windowsOfRow } from './plan/windows/grid.js';
export type { Piece } from './plan/windows/piece.js';
export type { Geometry } from './plan/windows/scale.js';
export { type Selection, selectWindows } from './plan/windows/selection.js';
export type { Tta } from './plan/windows/symmetry.js';
export type { WindowRows } from './plan/windows/windows.js';
export type { BorderPixels } from './score/boundary.js';
export type { Areas } from './score/confusion.js';
export type { ErrorGrid } from './score/error-grid.js';
export type { Agreement, ClassMeasures, MaskMeasures } from './score/measures.js';
export type { ObjectCounts } from './score/objects.js';
export type { BestThreshold, CalibrationBin, Histogram, ProbabilityKind } from './score/sweep.js';
export { type BadBlock, checkSlide, type SlideCheck } from './slide/check.js';
export type { Georeference } from './slide/formats/georeference.js';
export { inspectSlide, openSlide } from './slide/open.js';
export { openProbabilities, type Probabilities } from './slide/probabilities.js';
export type {
  AssociatedImage,
  BlockPlace,
  ChannelReader,
  ChannelRequest,
  Level,
  ReadLevel,
  Slide,
  SlideMpp,
  StoredPicture,
} from './slide/slide.js';
export type { Inspection, SlideOptions } from './slide/tiff.js';
export { type BandSource, type CutWindow, cutWindows, type Memory } from './slide/view/cut.js';
export { readOverview } from './slide/view/overview.js';
export { type View, type ViewChoice, workingView } from './slide/view/view.js';
export type { Disagreement, DistanceBin } from './stitch/disagreement.js';
export type { Kernel, KernelMemory, Loops, ScoreLoops } from './stitch/kernel.js';
export { type BlockUse, createStitch, type Stitch, type StitchOptions } from './stitch/stitch.js';
export type { GeoTags } from './tiff/geo.js';
export type { SampleRange } from './tiff/samples/rgb.js';
export type { LevelLinks } from './tiff/write/directory.js';
export type { TiffLayout } from './tiff/write/layout.js';
export type { Reduce } from './tiff/write/pyramid.js';
export { deflateCodec, jpegCodec, type PixelBytes, type TileCodec, type TiledFormat } from './tiff/write/tile-codec.js';
export { writePlanes, writeTiff } from './tiff/write/write.js';
export {
  defaultConfig as defaultTruthConfig,
  type RegionRule,
  readConfig as readTruthConfig,
  type TruthConfig,
} from './truth/config.js';
export { openTruth, type TruthOptions } from './truth/open.js';
export type { RegionClasses, RegionFile } from './truth/region.js';
export type { LabelView, Truth, TruthObject } from './truth/truth.js';
export type * from './types.js';
