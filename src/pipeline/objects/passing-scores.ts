import { nearest } from '../../plan/labels/stretch.js';
import { scoreLine } from '../../plan/scores/score-planes.js';
import type { ScoreRows, Size, SpanningSize } from '../../types.js';

/** Scores that are streamed in step with labels. */
export interface PassingScores {
  /** The size of the image of scores, in px. */
  readonly size: SpanningSize;
  /** The label of each channel. */
  readonly labels: readonly number[];
}

/** Rows of scores, held until the rows of the mask that are made from them arrive. */
export interface HeldScores {
  /** Adds the next rows of scores, from top to bottom. Their memory must stay as it is until they are released. */
  add(rows: ScoreRows): void;
  /** The rows that have gone by since the last call. */
  released(): ScoreRows[];
  /**
   * The probability of a label in each column of a row of the mask; NaN where no window was run. Rows must be asked for
   * from top to bottom.
   */
  line(label: number, row: number): ArrayLike<number>;
}

/**
 * Resamples probabilities to the pixels of a mask. Each mask pixel gets the value of the working pixel whose centre is
 * nearest, in the same way as labels. Rows are held for as long as a clean-up holds its rows.
 */
export function holdScores({ size, labels }: PassingScores, mask: Size): HeldScores {
  const { spans = size } = size;
  const same = size.width === mask.width && spans.width === mask.width;
  const columns = same
    ? undefined
    : Int32Array.from({ length: mask.width }, (_, x) => nearest(x, spans.width, mask.width, size.width));
  const held: ScoreRows[] = [];
  let released: ScoreRows[] = [];
  const lines = new Map<number, { row: number; readonly line: Float32Array }>();

  function workingLine(label: number, row: number): Float32Array {
    while (held.length > 0 && held[0]!.y + held[0]!.height <= row) released.push(held.shift()!);
    return scoreLine(held[0]!, labels.indexOf(label), row, size.width);
  }

  return {
    add: (rows) => void held.push(rows),
    released() {
      const gone = released;
      released = [];
      return gone;
    },
    line(label, maskRow) {
      const row = nearest(maskRow, spans.height, mask.height, size.height);
      if (columns === undefined) return workingLine(label, row);
      let own = lines.get(label);
      if (own === undefined) {
        own = { row: -1, line: new Float32Array(mask.width) };
        lines.set(label, own);
      }
      if (own.row !== row) {
        const from = workingLine(label, row);
        for (let x = 0; x < columns.length; x++) own.line[x] = from[columns[x]!]!;
        own.row = row;
      }
      return own.line;
    },
  };
}
