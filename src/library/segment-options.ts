import type { Measure, ObjectFormat } from '../objects/formats/format.js';
import type { WindowScoreFormat } from '../pipeline/outputs/kinds/window-scores.js';
import type { OutputOptions } from '../pipeline/outputs/table.js';
import type { RunOptions } from '../pipeline/prepare/run-settings.js';
import type { Border } from '../plan/windows/axis.js';
import type { Rgb, SampleType, Size } from '../types.js';
import type { RunControl } from './control.js';
import type { ReadingOptions, RegionOptions, TissueClassOptions } from './slide-options.js';

/** The same options, all optional. */
export type Given<Options> = { readonly [Name in keyof Options]?: Options[Name] | undefined };

/** A share from 0 to 1, or a text such as `5%`. */
export type ShareValue = number | string;

/** An area with its unit, such as `50um2` or `200px`. */
export type AreaText = `${number}${'px' | 'um2'}` | (string & {});

/** A length with its unit, such as `0.5px` or `2um`. */
export type LengthText = `${number}${'px' | 'um'}` | (string & {});

/**
 * One threshold from 0 to 1 for all classes, a threshold for each class by its name, or the path of a file that
 * `evaluate` wrote.
 */
export type ThresholdValue = number | string | Readonly<Record<string, number>> | ReadonlyMap<string, number>;

/** How pixels become the input of a model, and what its output means. These options override the card of the model. */
export interface CardOptions {
  /** The path of the card, if it is not beside the model. */
  readonly card?: string | undefined;
  readonly layout?: 'nchw' | 'nhwc' | undefined;
  readonly color?: 'rgb' | 'bgr' | 'gray' | 'channels' | undefined;
  /** The type of the samples that the model gets. */
  readonly samples?: SampleType | undefined;
  /** A factor for the samples, applied before mean and std. */
  readonly scale?: number | undefined;
  /** One mean for all channels, or one for each; `imagenet`, `inception` and `clip` stand for the means of these trainings. */
  readonly mean?: number | string | readonly number[] | undefined;
  readonly std?: number | string | readonly number[] | undefined;
  readonly standardize?: 'window' | undefined;
  readonly activation?: 'sigmoid' | 'softmax' | 'none' | undefined;
  readonly classes?: string | readonly (string | { readonly name: string; readonly color?: Rgb })[] | undefined;
  /** Micrometres per pixel that the model was trained at. */
  readonly modelMpp?: number | undefined;
  /** How much smaller than the window the output is on each side, in px of the output; or separately for left and top. */
  readonly crop?: number | readonly [left: number, top: number] | string | undefined;
  /** True to run a classifier for its class activation map. */
  readonly cam?: boolean | undefined;
  /** The name of the output to use, if the network has several. */
  readonly modelOutput?: string | undefined;
}

/**
 * The options of `segtile infer`. Names are those of its command line, in camel case; `segtile infer --help` explains
 * each and lists the defaults. Lengths are in working pixels.
 */
export interface SegmentOptions
  extends CardOptions,
    RunControl,
    Given<RunOptions>,
    Omit<OutputOptions, 'objects' | 'measure' | 'simplify' | 'windowScores'>,
    ReadingOptions,
    RegionOptions,
    TissueClassOptions {
  /**
   * An ONNX model, a folder of models, or the name of a bundled model. `:weight` can follow each. Several models form
   * an ensemble.
   */
  readonly model?: string | readonly string[] | undefined;
  /** The folder where files are written, or the path of the mask: `.tif` or `.ome.tif`. */
  readonly output?: string | undefined;
  readonly device?: string | undefined;
  readonly requireGpu?: boolean | undefined;
  readonly allowCpuNodes?: boolean | undefined;
  readonly allowSoftware?: boolean | undefined;
  readonly batch?: number | 'auto' | undefined;
  readonly scoreType?: 'float32' | 'uint8' | undefined;
  readonly verify?: boolean | undefined;
  readonly workers?: number | undefined;
  /**
   * The most memory that the run may use, such as `2GB`. By default half of what the machine or control group has, where
   * columns make it fit; otherwise all of it.
   */
  readonly memory?: string | undefined;
  readonly window?: number | Size | undefined;
  readonly stride?: number | Size | undefined;
  /** Pixels, or a text such as `50%`. */
  readonly overlap?: number | string | undefined;
  readonly margin?: number | undefined;
  /** `auto` measures how far the model looks, and places windows as far apart as that allows. */
  readonly plan?: 'dense' | 'auto' | undefined;
  readonly placement?: 'stride' | 'even' | 'aligned' | 'tissue' | undefined;
  readonly border?: Border | undefined;
  readonly level?: number | undefined;
  readonly mpp?: number | undefined;
  readonly downsample?: number | undefined;
  /** `auto`, `otsu`, `hubmap` or `none`; or the path of a mask, of GeoJSON, of a folder or CSV of these, or of a network. */
  readonly tissue?: string | undefined;
  readonly minTissue?: ShareValue | undefined;
  /** Networks that say which windows are run, such as `classifier.onnx:tumor=0.3`. */
  readonly gate?: string | readonly string[] | undefined;
  /** Networks that say in which windows a class may be found, such as `classifier.onnx:tumor=0.3`. */
  readonly veto?: string | readonly string[] | undefined;
  readonly vetoBy?: 'window' | 'slide' | undefined;
  readonly threshold?: ThresholdValue | undefined;
  readonly minObject?: AreaText | undefined;
  readonly fillHoles?: AreaText | undefined;
  /** The formats in which objects are written; without this option, objects are not written. */
  readonly objects?: ObjectFormat | readonly ObjectFormat[] | undefined;
  /** The formats in which the scores of a classifier's windows are written; without this option, they are not written. */
  readonly windowScores?: WindowScoreFormat | readonly WindowScoreFormat[] | undefined;
  /** What is measured over the slide's pixels in each object. */
  readonly measure?: Measure | readonly Measure[] | undefined;
  /** How far simplified outlines may be from the edges of pixels, such as `0.5px` or `2um`. */
  readonly simplify?: LengthText | undefined;
  readonly overwrite?: boolean | undefined;
  /** True to wait as long as another process is working on the slide. */
  readonly wait?: boolean | undefined;
  /** False to start again from the beginning instead of continuing a stopped run. */
  readonly resume?: boolean | undefined;
  /** A file to which a line about the run is appended; false to add no line. */
  readonly history?: string | boolean | undefined;
}
