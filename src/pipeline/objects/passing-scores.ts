import { scoreLine } from '../../plan/labels/score-planes.js';
import { nearest } from '../../plan/labels/stretch.js';
import type { ScoreRows, Size, SpanningSize } from '../../types.js';

/** Scores that go by beside labels. */
export interface PassingScores {
  /** Of the image of scores, in px. */
  readonly size: SpanningSize;
  /** The label of each channel. */
  readonly labels: readonly number[];
}

/** Rows of scores, held until the rows of the mask that are made of them have come. */
export interface HeldScores {
  /** Takes the next rows of scores, from top to bottom, and keeps a copy. */
  add(rows: ScoreRows): void;
  /** The probability of a label in each column of a row of the mask; rows are asked for from top to bottom. NaN where no window looked. */
  line(label: number, row: number): ArrayLike<number>;
}

/**
 * Brings probabilities to the pixels of a mask: each has that of the pixel of the working image that lies nearest to it, centre to centre, as labels are brought
 * to the mask. Rows are held for as long as a clean-up holds theirs.
 */
export function holdScores({ size, labels }: PassingScores, mask: Size): HeldScores {
  const { spans = size } = size;
  const same = size.width === mask.width && spans.width === mask.width;
  const columns = same
    ? undefined
    : Int32Array.from({ length: mask.width }, (_, x) => nearest(x, spans.width, mask.width, size.width));
  const held: ScoreRows[] = [];
  const lines = new Map<number, { row: number; readonly line: Float32Array }>();

  function workingLine(label: number, row: number): Float32Array {
    while (held.length > 0 && held[0]!.y + held[0]!.height <= row) held.shift();
    return scoreLine(held[0]!, labels.indexOf(label), row, size.width);
  }

  return {
    add: (rows) => {
      held.push({ ...rows, blocks: rows.blocks.map((block) => ({ ...block, data: block.data.slice() })) });
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
