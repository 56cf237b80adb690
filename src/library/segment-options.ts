import type { Measure, ObjectFormat } from '../objects/formats/format.js';
import type { OutputOptions } from '../pipeline/outputs/table.js';
import type { RunOptions } from '../pipeline/prepare/run-settings.js';
import type { Border } from '../plan/windows/axis.js';
import type { Rgb, SampleType, Size } from '../types.js';
import type { RunControl } from './control.js';

/** Options of which none has to be given. */
export type Given<Options> = { readonly [Name in keyof Options]?: Options[Name] | undefined };

/** A share from 0 to 1, or a text such as `5%`. */
export type ShareValue = number | string;

/** An area with its unit, such as `50um2` or `200px`. */
export type AreaText = `${number}${'px' | 'um2'}` | (string & {});

/** One threshold for all classes, one by name of a class, or the name of a file that `evaluate` wrote. */
export type ThresholdValue = number | string | Readonly<Record<string, number>> | ReadonlyMap<string, number>;

/** What the window of a model is given of the pixels, and what its output means. Beats the card of the model. */
export interface CardOptions {
  /** A card at another place than beside the model. */
  readonly card?: string | undefined;
  readonly layout?: 'nchw' | 'nhwc' | undefined;
  readonly color?: 'rgb' | 'bgr' | 'gray' | 'channels' | undefined;
  /** Samples that reach the model. */
  readonly samples?: SampleType | undefined;
  /** Multiplies samples, before mean and std. */
  readonly scale?: number | undefined;
  /** For all channels, or for each; or `imagenet`, `inception` or `clip` for theirs. */
  readonly mean?: number | string | readonly number[] | undefined;
  readonly std?: number | string | readonly number[] | undefined;
  readonly standardize?: 'window' | undefined;
  readonly activation?: 'sigmoid' | 'softmax' | 'none' | undefined;
  readonly classes?: string | readonly (string | { readonly name: string; readonly color?: Rgb })[] | undefined;
  /** Micrometres per pixel that the model was trained at. */
  readonly modelMpp?: number | undefined;
  /** What the output lacks on each side of the window, in its own px; or left and top. */
  readonly crop?: number | readonly [left: number, top: number] | string | undefined;
  /** The name of the output to take, where the network has several. */
  readonly modelOutput?: string | undefined;
}

/**
 * The options of `segtile infer`, named as on its command line, in camel case: `segtile infer --help` says what each does and what is taken where it is
 * absent. Lengths are in working pixels.
 */
export interface SegmentOptions extends CardOptions, RunControl, Given<RunOptions>, Omit<OutputOptions, 'objects' | 'measure'> {
  /** An ONNX model, a folder of them, or the name of a bundled one, with `:weight` behind it if wanted; several are an ensemble. */
  readonly model?: string | readonly string[] | undefined;
  /** A folder, or the name of the mask: `.tif` or `.ome.tif`. */
  readonly output?: string | undefined;
  readonly device?: string | undefined;
  readonly requireGpu?: boolean | undefined;
  readonly allowCpuNodes?: boolean | undefined;
  readonly allowSoftware?: boolean | undefined;
  readonly batch?: number | 'auto' | undefined;
  readonly scoreType?: 'float32' | 'uint8' | undefined;
  readonly verify?: boolean | undefined;
  readonly workers?: number | undefined;
  /** The most memory that the run may take, such as `2GB`. */
  readonly memory?: string | undefined;
  readonly window?: number | Size | undefined;
  readonly stride?: number | Size | undefined;
  /** Pixels, or a text such as `50%`. */
  readonly overlap?: number | string | undefined;
  readonly margin?: number | undefined;
  /** `auto` measures how far the model looks, and lays windows as far apart as they may be. */
  readonly plan?: 'dense' | 'auto' | undefined;
  readonly placement?: 'stride' | 'even' | 'aligned' | undefined;
  readonly border?: Border | undefined;
  readonly level?: number | undefined;
  readonly mpp?: number | undefined;
  readonly downsample?: number | undefined;
  readonly slideMpp?: number | undefined;
  readonly slideMppCsv?: string | undefined;
  /** Numbers from 0, or names. */
  readonly channels?: readonly (number | string)[] | string | undefined;
  readonly range?: readonly [low: number, high: number] | string | undefined;
  /** `auto`, `otsu`, `hubmap`, `none`, or the name of a mask, GeoJSON, a folder or CSV of them, or of a network. */
  readonly tissue?: string | undefined;
  /** Classes of the network that are tissue, and that are none. */
  readonly tissueClass?: readonly string[] | string | undefined;
  readonly artefactClass?: readonly string[] | string | undefined;
  /** The region of interest: a mask, GeoJSON, COCO or CSV of runs, or a folder or CSV of them. */
  readonly roi?: string | undefined;
  readonly roiClass?: readonly string[] | string | undefined;
  readonly excludeClass?: readonly string[] | string | undefined;
  readonly minTissue?: ShareValue | undefined;
  readonly threshold?: ThresholdValue | undefined;
  readonly minObject?: AreaText | undefined;
  readonly fillHoles?: AreaText | undefined;
  /** As what objects are written, if at all. */
  readonly objects?: ObjectFormat | readonly ObjectFormat[] | undefined;
  /** What of the slide's pixels is measured over each object. */
  readonly measure?: Measure | readonly Measure[] | undefined;
  readonly overwrite?: boolean | undefined;
  /** True to wait while another process is working on the slide. */
  readonly wait?: boolean | undefined;
  /** False to begin anew where a run was stopped. */
  readonly resume?: boolean | undefined;
  /** A file to which a line about the run is added, or false for none. */
  readonly history?: string | boolean | undefined;
}
