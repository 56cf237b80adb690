import { putDecimal, putWhole } from '../plan/text/text-bytes.js';
import type { MaskClass, Mpp } from '../types.js';
import type { MaskObject } from './find.js';
import { identifier } from './identity.js';
import { measuresOf } from './measures.js';
import type { TracedPolygon } from './regions.js';

/** What is needed to name and measure the objects of a mask. */
export interface ObjectForm {
  readonly classes: readonly MaskClass[];
  /** Level-0 pixels per pixel of the mask. */
  readonly scale: { readonly x: number; readonly y: number };
  /** Size of a level-0 pixel in µm, if it is known. */
  readonly mpp: Mpp | undefined;
  /** Whether the first channel of samples is the probability of the object's class. */
  readonly probabilities: boolean;
  /** The names of the other channels of samples. */
  readonly intensities?: readonly string[] | undefined;
  /** Whether the number of an object is one of its values. */
  readonly numbered?: boolean | undefined;
}

/** A measure with its names. */
export interface Measurement {
  /** The name that QuPath shows. */
  readonly name: string;
  /** The name of the column of a table. */
  readonly column: string;
}

/** An object with its name and its measures, in level-0 pixels, or in micrometres if the size of pixels is known. */
export interface MeasuredObject {
  readonly id: string;
  /** Counted from 1, in the order in which objects are found. */
  readonly number: number;
  readonly class: MaskClass;
  /** Outlines on the edges of the mask's pixels; see {@link MaskObject}. */
  readonly polygons: readonly TracedPolygon[];
  /** The outlines to write, simplified if that was asked for; also in pixels of the mask. */
  readonly outlines: readonly TracedPolygon[];
  /** In level-0 pixels, like `centroid` and `box`. */
  readonly area: number;
  readonly centroid: { readonly x: number; readonly y: number };
  readonly box: readonly [left: number, top: number, right: number, bottom: number];
  /** The measures, in the order of {@link ObjectMeter.measurements}. */
  readonly values: readonly number[];
}

/** Measures the objects of a mask. */
export interface ObjectMeter {
  readonly measurements: readonly Measurement[];
  measure(object: MaskObject): MeasuredObject;
}

/**
 * Creates a meter for the objects of a mask. Values are rounded to six decimals. `measure` throws a `RangeError` for
 * an object whose label belongs to no class.
 */
export function objectMeter({
  classes,
  scale,
  mpp,
  probabilities,
  intensities = [],
  numbered = false,
}: ObjectForm): ObjectMeter {
  const pixel = mpp ? { x: scale.x * mpp.x, y: scale.y * mpp.y } : scale;
  const [unit, short] = mpp ? ['µm', 'um'] : ['px', 'px'];
  const named = new Map(
    classes.map((each) => {
      const idOf = identifier(`${each.name}\n${scale.x}\n${scale.y}`);
      return [each.label, { class: each, idOf }] as const;
    }),
  );
  let number = 0;
  return {
    measurements: [
      { name: `Area ${unit}^2`, column: mpp ? 'area_um2' : 'area_px' },
      { name: `Perimeter ${unit}`, column: `perimeter_${short}` },
      { name: `Equivalent diameter ${unit}`, column: `equivalent_diameter_${short}` },
      { name: `Major axis ${unit}`, column: `major_axis_${short}` },
      { name: `Minor axis ${unit}`, column: `minor_axis_${short}` },
      { name: 'Orientation rad', column: 'orientation_rad' },
      { name: 'Circularity', column: 'circularity' },
      { name: 'Solidity', column: 'solidity' },
      ...(probabilities
        ? [
            { name: 'Mean probability', column: 'mean_probability' },
            { name: 'Largest probability', column: 'largest_probability' },
          ]
        : []),
      ...intensities.flatMap((name) => [
        { name: `${name} mean`, column: `${columnOf(name)}_mean` },
        { name: `${name} deviation`, column: `${columnOf(name)}_deviation` },
      ]),
      ...(numbered ? [{ name: 'Instance', column: 'instance' }] : []),
    ],
    measure({ label, polygons, outlines, extent, samples }) {
      const known = named.get(label);
      if (known === undefined) throw new RangeError(`label ${label} is that of no class`);
      const { box, centroid } = extent;
      const own = measuresOf(extent, pixel);
      const probability = probabilities ? samples?.[0] : undefined;
      number++;
      return {
        number,
        id: known.idOf(polygons),
        class: known.class,
        polygons,
        outlines,
        area: rounded(extent.area * scale.x * scale.y),
        centroid: { x: rounded(centroid.x * scale.x), y: rounded(centroid.y * scale.y) },
        box: [
          atLevelZero(box.x, scale.x),
          atLevelZero(box.y, scale.y),
          atLevelZero(box.x + box.width, scale.x),
          atLevelZero(box.y + box.height, scale.y),
        ],
        values: [
          own.area,
          own.perimeter,
          own.equivalentDiameter,
          own.majorAxis,
          own.minorAxis,
          own.orientation,
          own.circularity,
          own.solidity,
          ...(probability ? [probability.mean, probability.largest] : []),
          ...(samples?.slice(probabilities ? 1 : 0).flatMap(({ mean, deviation }) => [mean, deviation]) ?? []),
          ...(numbered ? [number] : []),
        ].map(rounded),
      };
    },
  };
}

/** The name of a channel, turned into the name of a column. */
function columnOf(name: string): string {
  return name.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, '_');
}

/**
 * The place of an edge between pixels of the mask, in level-0 pixels, rounded to three decimals. Rounding keeps edges
 * apart, so valid outlines stay valid.
 */
export function atLevelZero(edge: number, scale: number): number {
  return scale === 1 ? edge : Math.round(edge * scale * 1e3) / 1e3;
}

/**
 * Writes the place of an edge as {@link atLevelZero} gives it, into bytes that have room.
 *
 * @returns the index after it
 */
export function putLevelZero(bytes: Uint8Array, at: number, edge: number, scale: number): number {
  const place = atLevelZero(edge, scale);
  return Number.isInteger(place) ? putWhole(bytes, at, place) : putDecimal(bytes, at, place, 3);
}

/** Decimal places of all values of objects. */
export const DECIMALS = 6;

function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
