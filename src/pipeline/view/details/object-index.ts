import { labelRuns, trackRegions } from '../../../plan/labels/connected.js';
import type { MaskClass, Samples } from '../../../types.js';
import type { ListedObject, ObjectBins, ObjectCount } from '../../../view/messages.js';
import type { TileReader } from '../tiles/tile-reader.js';

/**
 * The objects of a mask with class, position and area. Objects are eight-connected regions of one label, in px of the
 * mask.
 */
export interface ObjectIndex {
  readonly classes: readonly ObjectCount[];
  /** The objects of a class in a range of areas, the largest first. */
  list(label: number, least: number, most: number, count: number): readonly ListedObject[];
}

/** How many bins the histogram of areas has for each doubling of the area. */
const BINS_PER_OCTAVE = 1;

/** How many rows are read at once. */
const ROWS = 512;

/** Milliseconds after which requests for tiles may run in between. */
const TURN = 8;

/**
 * Finds the objects of a mask in one pass. Each finished object takes 21 bytes.
 *
 * @param otherwise waits for what is more urgent; called every few milliseconds
 */
export async function indexObjects(
  mask: TileReader,
  classes: readonly MaskClass[],
  onRows: (done: number) => void,
  otherwise: () => Promise<void>,
  signal: AbortSignal,
): Promise<ObjectIndex> {
  const found = createColumns();
  const tracker = trackRegions(8, ({ label, box, area }) => found.add(label, box, area));
  let turn = performance.now();
  for (let y = 0; y < mask.height; y += ROWS) {
    const height = Math.min(ROWS, mask.height - y);
    const { data } = await mask.read(0, { x: 0, y, width: mask.width, height }, signal);
    for (let row = 0; row < height; row++) {
      tracker.line(labelRuns(bytesOf(data, row * mask.width, mask.width)));
      if (performance.now() - turn < TURN) continue;
      await otherwise();
      turn = performance.now();
    }
    onRows(y + height);
  }
  tracker.finish();
  return {
    classes: classes.map((each) => ({ label: each.label, ...found.summary(each.label) })),
    list: (label, least, most, count) => found.list(label, least, most, count),
  };
}

function bytesOf(data: Samples, from: number, length: number): Uint8Array {
  return (data as Uint8Array).subarray(from, from + length);
}

/** Stores label, box and area of many objects in columns. */
function createColumns() {
  let room = 1024;
  let count = 0;
  let labels = new Uint8Array(room);
  let numbers = new Int32Array(5 * room);

  function grow(): void {
    room *= 2;
    const [more, wider] = [new Uint8Array(room), new Int32Array(5 * room)];
    more.set(labels);
    wider.set(numbers);
    labels = more;
    numbers = wider;
  }
  const areaOf = (i: number): number => numbers[5 * i + 4]!;

  return {
    add(label: number, { x, y, width, height }: { x: number; y: number; width: number; height: number }, area: number): void {
      if (count === room) grow();
      labels[count] = label;
      numbers.set([x, y, width, height, area], 5 * count);
      count++;
    },
    summary(label: number): Omit<ObjectCount, 'label'> {
      const bins: number[] = [];
      let [own, area] = [0, 0];
      for (let i = 0; i < count; i++) {
        if (labels[i] !== label) continue;
        own++;
        area += areaOf(i);
        const bin = Math.floor(BINS_PER_OCTAVE * Math.log2(areaOf(i)));
        bins[bin] = (bins[bin] ?? 0) + 1;
      }
      const least = bins.findIndex((each) => each !== undefined);
      const histogram: ObjectBins = Array.from(bins.slice(Math.max(0, least)), (each = 0, i) => ({
        least: 2 ** ((least + i) / BINS_PER_OCTAVE),
        most: 2 ** ((least + i + 1) / BINS_PER_OCTAVE),
        count: each,
      }));
      return { count: own, area, bins: histogram };
    },
    list(label: number, least: number, most: number, wanted: number): ListedObject[] {
      // The largest so far, the largest first. Sorting all would stop the server for seconds if there are millions.
      const best: number[] = [];
      for (let i = 0; i < count; i++) {
        const area = areaOf(i);
        if (labels[i] !== label || area < least || area >= most) continue;
        if (best.length === wanted && area <= areaOf(best[wanted - 1]!)) continue;
        let [from, to] = [0, best.length];
        while (from < to) {
          const middle = (from + to) >> 1;
          if (areaOf(best[middle]!) >= area) from = middle + 1;
          else to = middle;
        }
        best.splice(from, 0, i);
        if (best.length > wanted) best.pop();
      }
      return best.map((i) => {
        const [x, y, width, height, area] = numbers.subarray(5 * i, 5 * i + 5) as unknown as [
          number,
          number,
          number,
          number,
          number,
        ];
        return { label, x, y, width, height, area };
      });
    },
  };
}
