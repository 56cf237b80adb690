import { SegtileError } from '../../errors.js';
import { packColor, type RegionRule, type TruthConfig } from '../config.js';
import type { LabelImage, ValueRun } from './label-image.js';

/** Turns the values of an image into labels. */
export interface Labels {
  /**
   * Writes the labels of some pixels of a row to `out`, from `at` on.
   *
   * @param top first row of the run in the image, for messages
   * @param row counted from the top of the run
   * @param offsets columns, counted from the left of the run
   * @throws {SegtileError} `input` for a value or colour that stands for no class
   */
  pick(run: ValueRun, top: number, row: number, offsets: Int32Array, out: Uint8Array, at: number): void;
}

const UNKNOWN = -1;

/** Makes the converter from the values of an image to labels. For an RGB image, it converts colours. */
export function labelsOfImage({ path, channels }: Pick<LabelImage, 'path' | 'channels'>, config: TruthConfig): Labels {
  if (config.region !== undefined) return inside(path, channels, config.region);
  return channels === 3 ? labelsOfColors(path, config) : labelsOfValues(path, config);
}

/** Labels of a region: 1 if the value, or one of three values, is inside; otherwise 0. */
function inside(path: string, channels: 1 | 3, { ofValues, colours }: RegionRule): Labels {
  const holds = ofValues(path);
  const table = Uint8Array.from({ length: 2 ** 16 }, (_, value) => (holds(value) ? 1 : 0));
  return {
    pick: ({ x, width, data }, top, row, offsets, out, at) => {
      for (let i = 0; i < offsets.length; i++) {
        const from = (row * width + offsets[i]!) * channels;
        out[at + i] = table[data[from]!]!;
        for (let c = 1; c < channels; c++) {
          if (!colours && data[from + c] !== data[from]) throw colourOf(path, x + offsets[i]!, top + row);
          out[at + i]! |= table[data[from + c]!]!;
        }
      }
    },
  };
}

function labelsOfValues(path: string, config: TruthConfig): Labels {
  const table = new Int16Array(2 ** 16).fill(UNKNOWN);
  for (const [value, label] of config.values) table[value] = label;
  let white = false;
  let grey = false;
  return {
    pick: ({ x, width, data }, top, row, offsets, out, at) => {
      const base = row * width;
      for (let i = 0; i < offsets.length; i++) {
        const value = data[base + offsets[i]!]!;
        const label = table[value]!;
        if (label === UNKNOWN) throw unlisted(path, `the value ${value}`, x + offsets[i]!, top + row, 'values');
        out[at + i] = label;
        if (value === 255) white = true;
        else if (value !== 0) grey = true;
      }
      if (white && grey && config.white) throw vagueWhite(path);
    },
  };
}

function colourOf(path: string, x: number, y: number): SegtileError {
  const hint = 'give a mask with one band of labels, or shapes with classes';
  return new SegtileError('input', `${path} has a colour at pixel (${x}, ${y}), which belongs to no class`, hint);
}

/**
 * Labels of an RGB image. A colour that is listed has the label it is listed with. A grey that is not listed is a value
 * stored in three channels, unless the image also has other colours: in an image of colours, grey does not stand for
 * the label of the same number.
 */
function labelsOfColors(path: string, { colors, values, white }: TruthConfig): Labels {
  let grey: { readonly value: number; readonly x: number; readonly y: number } | undefined;
  let coloured = false;
  let shades = 0;
  return {
    pick: ({ x, width, data }, top, row, offsets, out, at) => {
      const base = row * width;
      let [red, green, blue] = [-1, -1, -1];
      let label = 0;
      for (let i = 0; i < offsets.length; i++) {
        const from = (base + offsets[i]!) * 3;
        if (data[from] !== red || data[from + 1] !== green || data[from + 2] !== blue) {
          [red, green, blue] = [data[from]!, data[from + 1]!, data[from + 2]!];
          const isGrey = red === green && green === blue;
          const listed = Math.max(red, green, blue) > 255 ? undefined : colors.get(packColor([red, green, blue]));
          const known = listed ?? (isGrey ? values.get(red) : undefined);
          const place = { x: x + offsets[i]!, y: top + row };
          if (known === undefined) throw unlistedColor(path, [red, green, blue], place);
          if (listed === undefined) grey ??= { value: red, ...place };
          coloured ||= !isGrey;
          if (grey && coloured) throw unlistedColor(path, [grey.value, grey.value, grey.value], grey);
          if (listed === undefined) shades |= red === 255 ? WHITE : GREY;
          if (shades === (WHITE | GREY) && white) throw vagueWhite(path);
          label = known;
        }
        out[at + i] = label;
      }
    },
  };
}

/** Flags for the shades besides black that were seen. */
const [WHITE, GREY] = [1, 2];

function vagueWhite(path: string): SegtileError {
  return new SegtileError(
    'input',
    `${path} has the value 255 and other values, and nothing says what 255 stands for`,
    'list 255 under the "values" of "ignore", or of the class, in the file of --classes',
  );
}

function unlistedColor(path: string, color: readonly number[], { x, y }: { readonly x: number; readonly y: number }) {
  return unlisted(path, `the colour ${color.join(', ')}`, x, y, 'colors');
}

function unlisted(path: string, what: string, x: number, y: number, key: 'values' | 'colors'): SegtileError {
  return new SegtileError(
    'input',
    `${path} has ${what} at pixel (${x}, ${y}), which stands for no class`,
    `list it under the "${key}" of a class, of "background" or of "ignore", in the file of --classes`,
  );
}
