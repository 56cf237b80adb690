import type { LabelLoops } from '../../../plan/labels/label-loops.js';
import { emptyLabelCount, type LabelMemory, putLabelRows } from '../../../plan/labels/labels.js';
import { windowAt, windowsOfRow } from '../../../plan/windows/grid.js';
import type { Piece } from '../../../plan/windows/piece.js';
import { createKernel } from '../../../stitch/kernel.js';
import { createLoops } from '../../../stitch/loops.js';
import { createStitch } from '../../../stitch/stitch.js';
import type { Strip } from '../../../strip/strip.js';
import type { ScoreRows, Window } from '../../../types.js';
import { pixelsInside, seenScores } from '../label-strips.js';
import type { StitchJob, Take } from './messages.js';

/** Stitches some columns of an image. */
export interface Stitcher {
  /** Adds the scores in a slot to the window with this index. Windows come in plan order. */
  add(window: number, slot: number): void;
  /** The next rows of its columns, without their labels, which lie in the memory given. The scores have memory of their own. */
  take(take: Take): Strip;
}

/** A room is as large as a memory of WebAssembly can be. */
const ROOM_BYTES = 2 ** 32;

/** Starts to stitch the columns of a job. */
export function createStitcher(job: StitchJob): Stitcher {
  const { grid, channels, blend, piece, whole, labelling, slots, room } = job;
  // Blocks beyond the room get a memory of their own, to which scores are copied.
  let inRoom = room;
  const newKernel = () => {
    const kernel = room ? createKernel(inRoom) : createLoops();
    inRoom = undefined;
    return kernel;
  };
  const stitch = createStitch(grid, channels, blend, { piece, arenaBytes: ROOM_BYTES, newKernel });
  const keepsScores = !labelling || labelling.needs.finer || labelling.needs.scores;
  const across = { start: piece.x, length: piece.width };
  let windows: readonly Window[] = [];

  return {
    add(index, slot) {
      const first = windows[0]?.index ?? 0;
      if (index < first || index >= first + windows.length) windows = windowsOfRow(grid, windowAt(grid, index).row);
      // A room that has grown has another buffer.
      const buffer = slots.buffer ?? room!.memory.buffer;
      const data = new Float32Array(buffer, slots.start + 4 * slot * slots.length, slots.length);
      stitch.add({ window: windows[index - windows[0]!.index]!, data });
    },
    take({ rows: height, isUntouched, mask, spare, labels }) {
      const { width } = grid.size;
      const count = emptyLabelCount();
      const memory = labels && { data: labels, x: whole.x, width: whole.width };
      if (memory) clear(memory, piece, height);
      const final = (rows: ScoreRows, loops?: LabelLoops): ScoreRows => {
        const seen = labelling ? seenScores(rows, width, across, labelling, mask) : rows;
        if (labelling && memory) putLabelRows(seen, memory, labelling.rule, count, loops);
        return seen;
      };
      // Scores that nobody keeps are used while they are in the processor's cache.
      const rows = keepsScores
        ? moved(final(stitch.take(height, isUntouched)), spare)
        : stitch.take(height, isUntouched, (block, loops) => void final({ y: block.y, height, blocks: [block] }, loops));
      const inside = pixelsInside(mask, width, across, height);
      return { kind: 'strip', y: rows.y, height, labels: undefined, scores: keepsScores ? rows : undefined, count, inside };
    },
  };
}

/** Sets the labels of a piece to 0. */
function clear({ data, x, width }: LabelMemory, piece: Piece, height: number): void {
  for (let row = 0; row < height; row++) {
    const from = row * width + piece.x - x;
    data.fill(0, from, from + piece.width);
  }
}

/** The same rows in one piece of memory, which can be moved to another thread. */
function moved(rows: ScoreRows, spare: Float32Array<ArrayBuffer> | undefined): ScoreRows {
  const length = rows.blocks.reduce((sum, { data }) => sum + data.length, 0);
  const memory = spare && spare.length >= length ? spare : new Float32Array(length);
  let end = 0;
  const blocks = rows.blocks.map((block) => {
    const data = memory.subarray(end, end + block.data.length);
    data.set(block.data);
    end += data.length;
    return { ...block, data };
  });
  return { ...rows, blocks };
}
