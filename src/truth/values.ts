import { SegtileError } from '../errors.js';
import type { TruthConfig } from './config.js';
import type { LabelImage, ValueRun } from './label-image.js';

/** Turns the values of an image into labels. */
export interface Labels {
  /**
   * Writes the labels of some pixels of a row to `out`, from `at` on.
   *
   * @param top first row of the run in the image, for messages
   * @param row counted from the top of the run
   * @param offsets columns, counted from the left of the run
   * @throws {SegtileError} `input` for a value that stands for nothing
   */
  pick(run: ValueRun, top: number, row: number, offsets: Int32Array, out: Uint8Array, at: number): void;
}

const UNKNOWN = -1;

/** The labels of an image: by its values, or by its colours where it has red, green and blue. */
export function labelsOf({ path, channels }: Pick<LabelImage, 'path' | 'channels'>, config: TruthConfig): Labels {
  return channels === 3 ? labelsOfColors(path, config) : labelsOfValues(path, config);
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
      if (white && grey && config.white) {
        throw new SegtileError(
          'input',
          `${path} has the value 255 besides others, and nothing says what it stands for`,
          'list 255 under the "values" of "ignore", or of the class, in the file of classes',
        );
      }
    },
  };
}

function labelsOfColors(path: string, { colors }: TruthConfig): Labels {
  return {
    pick: ({ x, width, data }, top, row, offsets, out, at) => {
      const base = row * width;
      let last = -1;
      let label = 0;
      for (let i = 0; i < offsets.length; i++) {
        const from = (base + offsets[i]!) * 3;
        const color = (data[from]! << 16) | (data[from + 1]! << 8) | data[from + 2]!;
        if (color !== last) {
          const known = colors.get(color);
          if (known === undefined) {
            const shown = `the colour ${data[from]}, ${data[from + 1]}, ${data[from + 2]}`;
            throw unlisted(path, shown, x + offsets[i]!, top + row, 'colors');
          }
          label = known;
          last = color;
        }
        out[at + i] = label;
      }
    },
  };
}

function unlisted(path: string, what: string, x: number, y: number, key: 'values' | 'colors'): SegtileError {
  return new SegtileError(
    'input',
    `${path} has ${what} at pixel (${x}, ${y}), which stands for no class`,
    `list it under the "${key}" of a class, of "background" or of "ignore", in the file of classes`,
  );
}
