import type { Scratch } from '../../../dist/plan/labels/runs/number-lists.js';

/** A scratch file that lies in memory. */
export function memoryScratch(): Scratch {
  const bytes: number[] = [];
  return {
    get end() {
      return bytes.length;
    },
    append: async (more) => {
      for (const each of more) bytes.push(each);
    },
    read: async (offset, length) => Uint8Array.from(bytes.slice(offset, offset + length)),
  };
}
