import type { Pixels } from '../../dist/types.js';

/** What the tags of a file say besides its pixels. Text is UTF-8, or bytes of any encoding. */
export interface Saying {
  readonly description?: string | Uint8Array;
  readonly orientation?: number;
  /** Pixels per unit across and down. */
  readonly resolution?: readonly [x: number, y: number];
  /** 1 none, 2 inch, 3 cm; the tag is left out without it. */
  readonly unit?: 1 | 2 | 3;
}

const [SHORT, LONG, ASCII, RATIONAL] = [3, 4, 2, 5];

/** A classic TIFF, a directory a level, each in one strip that is not compressed. The tags stand in the first. */
export function taggedTiff(levels: readonly Pixels[], { description, orientation, resolution, unit }: Saying = {}): Buffer {
  const parts: Buffer[] = [];
  let at = 8;
  const append = (bytes: Uint8Array): number => {
    const even = Buffer.concat([bytes, Buffer.alloc(bytes.length % 2)]);
    parts.push(even);
    at += even.length;
    return at - even.length;
  };
  const rational = (value: number): Buffer => {
    const bytes = Buffer.alloc(8);
    bytes.writeUInt32LE(Math.round(value * 10_000), 0);
    bytes.writeUInt32LE(10_000, 4);
    return bytes;
  };
  const head = Buffer.from([0x49, 0x49, 42, 0, 0, 0, 0, 0]);
  let link: { readonly buffer: Buffer; readonly offset: number } = { buffer: head, offset: 4 };
  for (const [index, { width, height, channels, data }] of levels.entries()) {
    const bits = append(Buffer.from(new Uint16Array(channels).fill(8).buffer));
    const entries: [tag: number, type: number, count: number, value: number][] = [
      [254, LONG, 1, index === 0 ? 0 : 1],
      [256, LONG, 1, width],
      [257, LONG, 1, height],
      [258, SHORT, channels, channels === 1 ? 8 : bits],
      [259, SHORT, 1, 1],
      [262, SHORT, 1, channels === 1 ? 1 : 2],
      [273, LONG, 1, append(data)],
      [277, SHORT, 1, channels],
      [278, LONG, 1, height],
      [279, LONG, 1, data.length],
    ];
    if (index === 0) {
      const text = description === undefined ? undefined : Buffer.concat([Buffer.from(description), Buffer.from([0])]);
      if (text) entries.push([270, ASCII, text.length, text.length <= 4 ? text.readUInt32LE() : append(text)]);
      if (orientation !== undefined) entries.push([274, SHORT, 1, orientation]);
      if (resolution) for (const i of [0, 1]) entries.push([282 + i, RATIONAL, 1, append(rational(resolution[i]!))]);
      if (unit !== undefined) entries.push([296, SHORT, 1, unit]);
    }
    entries.sort(([a], [b]) => a - b);
    const directory = Buffer.alloc(2 + 12 * entries.length + 4);
    directory.writeUInt16LE(entries.length, 0);
    for (const [i, [tag, type, count, value]] of entries.entries()) {
      directory.writeUInt16LE(tag, 2 + 12 * i);
      directory.writeUInt16LE(type, 4 + 12 * i);
      directory.writeUInt32LE(count, 6 + 12 * i);
      directory.writeUInt32LE(value, 10 + 12 * i);
    }
    link.buffer.writeUInt32LE(at, link.offset);
    append(directory);
    link = { buffer: parts.at(-1)!, offset: directory.length - 4 };
  }
  return Buffer.concat([head, ...parts]);
}
