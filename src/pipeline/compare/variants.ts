import { SegtileError } from '../../errors.js';
import type { Blend } from '../../plan/windows/blend.js';
import type { Tta } from '../../plan/windows/symmetry.js';
import type { Size } from '../../types.js';
import type { InferOptions } from '../prepare/options.js';
import type { ThresholdOption } from '../prepare/thresholds.js';

/** One way to segment a slide. */
export interface Variant {
  readonly name: string;
  /** Longer side, in px, to which the whole slide is shrunk so that it fits into one window; undefined if it is tiled. */
  readonly resize: number | undefined;
  /** The options in which this variant differs from the shared options. */
  readonly options: VariantOptions;
}

/** Some options of a run. */
export type VariantOptions = Partial<InferOptions>;

/**
 * The values to try for each setting. All combinations are tried. A setting that is left out keeps the default of
 * `infer`.
 */
export interface VariantAxes {
  /** Longer sides, in px, to which the whole slide is shrunk. */
  readonly resize: readonly number[];
  /** Windows and strides, in working px. */
  readonly tile: readonly { readonly window: Size; readonly stride: Size }[];
  /** How windows are laid out if no window size or stride is given. */
  readonly plan?: readonly InferOptions['plan'][] | undefined;
  readonly margin: readonly number[];
  readonly blend: readonly Blend[];
  readonly tta: readonly Tta[];
  readonly tissue: readonly string[];
  /** Networks that say which windows are run, as for `infer`; `none` for none. */
  readonly gate?: readonly string[] | undefined;
  readonly threshold?: readonly ThresholdOption[];
}

/**
 * All combinations of some axes. There are three groups: every tiling with every margin, blend, augmentation, tissue
 * rule, gate and threshold; every plan with all of these except margins; and every size that the slide is shrunk to with
 * every augmentation and threshold. A variant's name has the values that differ between variants, and none that all
 * share.
 */
export function spanVariants(axes: VariantAxes): Variant[] {
  const { resize, tile, plan = [], margin, blend, tta, tissue, gate = [], threshold = [] } = axes;
  const gates: VariantAxis = {
    word: 'gate',
    values: gate.map((text) => axis(text, { gate: text === 'none' ? undefined : [text] })),
  };
  const shrunk = product([
    { word: 'resize', values: resize.map((side) => axis(String(side), {}, side)) },
    axisOf('tta', tta),
    axisOf('threshold', threshold),
  ]);
  const sizes = tile.map(({ window, stride }) => axis(`${sizeText(window)}/${sizeText(stride)}`, { window, stride }));
  const tiled = product([
    { word: 'tile', values: sizes },
    axisOf('margin', margin),
    axisOf('blend', blend, ''),
    axisOf('tta', tta),
    axisOf('tissue', tissue),
    gates,
    axisOf('threshold', threshold),
  ]);
  const planned = product([
    axisOf('plan', plan),
    axisOf('blend', blend, ''),
    axisOf('tta', tta),
    axisOf('tissue', tissue),
    gates,
    axisOf('threshold', threshold),
  ]);
  return [...(resize.length > 0 ? shrunk : []), ...(tile.length > 0 ? tiled : []), ...(plan.length > 0 ? planned : [])];
}

interface VariantAxis {
  /** The word before the value in a variant's name. */
  readonly word: string;
  readonly values: readonly AxisValue[];
}

interface AxisValue {
  readonly text: string;
  readonly options: VariantOptions;
  readonly resize: number | undefined;
}

function axis(text: string, options: AxisValue['options'], resize?: number): AxisValue {
  return { text, options, resize };
}

function axisOf<Name extends keyof InferOptions>(
  option: Name,
  values: readonly InferOptions[Name][],
  word: string = option,
): VariantAxis {
  return { word, values: values.map((value) => axis(String(value), { [option]: value })) };
}

function product(axes: readonly VariantAxis[]): Variant[] {
  let made: Variant[] = [{ name: '', resize: undefined, options: {} }];
  for (const [index, { word, values }] of axes.entries()) {
    if (values.length === 0) continue;
    // Values of the first axis are always part of the name; those of the others only if they tell variants apart.
    const named = index === 0 || values.length > 1;
    made = made.flatMap((variant) =>
      values.map(({ text, options, resize }) => ({
        name: named ? [variant.name, `${word} ${text}`.trim()].filter(Boolean).join(', ') : variant.name,
        resize: resize ?? variant.resize,
        options: { ...variant.options, ...options },
      })),
    );
  }
  return made;
}

/**
 * All options for a run of a variant on a slide of this size. A slide that is shrunk fits into one square window as a
 * whole, and no part of it is cut off or skipped.
 *
 * @param shared the options that runs of all variants share on this slide
 * @param slide level 0 of the slide and all its levels, in px
 * @throws {SegtileError} `usage` if the slide is no larger than the size that it is to be shrunk to
 */
export function optionsOf(
  { name, resize, options }: Variant,
  shared: InferOptions,
  slide: Size & { readonly levels: readonly Size[] },
): InferOptions {
  const own = { ...shared, ...options };
  if (resize === undefined) return own;
  const longer = Math.max(slide.width, slide.height);
  if (longer <= resize) {
    throw new SegtileError(
      'usage',
      `${name}: the slide has ${slide.width} × ${slide.height} px, which is no more than ${resize} px`,
      'choose a smaller size for --resize',
    );
  }
  // A level of nearly the wanted size would be used as it is. A level that is a few pixels larger would not fit the
  // window, so a slightly smaller size is asked for to avoid it.
  const near = slide.levels
    .map(({ width, height }) => Math.max(width, height))
    .filter((side) => side > resize && side < resize * 1.01);
  const side = near.length === 0 ? resize : Math.floor(resize / 1.01);
  const square = { width: resize, height: resize };
  const whole = { downsample: longer / side, window: square, stride: square, margin: 0 } as const;
  return { ...own, ...whole, tissue: 'none', blend: 'constant', enlarge: 'scores' };
}

/**
 * Checks that variants can be told apart.
 *
 * @throws {SegtileError} `usage` if two have the same name, or there are none
 */
export function checkVariants(variants: readonly Variant[]): void {
  if (variants.length === 0) {
    throw new SegtileError(
      'usage',
      'there is nothing to compare',
      'give something to try, such as --resize 1024 --tile 512/256,1024/512',
    );
  }
  const twice = variants.find(({ name }, i) => variants.findIndex((other) => other.name === name) < i);
  if (twice) throw new SegtileError('usage', `two variants are named "${twice.name}"`, 'give each a name of its own');
}

function sizeText({ width, height }: Size): string {
  return width === height ? String(width) : `${width}x${height}`;
}
