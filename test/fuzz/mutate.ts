import { readTable } from '../tiff/table.js';
import { type Kind, type Mutant, starts, wrongText } from './kinds.js';

/** Numbers at which readers of TIFF have stumbled: 0, the ends of 16, 31 and 32 bits, and their neighbours. */
const EDGES = [0, 1, 2, 3, 7, 15, 16, 255, 256, 4097, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff];

/** Values of the tag Compression, known and unknown. */
const COMPRESSIONS = [1, 2, 5, 6, 7, 8, 32773, 32946, 33003, 33005, 34712, 34887, 34925, 50000, 50001, 50002, 77];

type Random = (below: number) => number;

/** The files to start from; golden ones that are damaged already are left out. */
export function originals(kind: Kind = 'tiff'): readonly Mutant[] {
  if (kind !== 'tiff') return starts(kind);
  const { files, bytes } = readTable();
  return files.filter(({ levels }) => levels).map(({ file }) => ({ name: file, bytes: bytes.get(file)! }));
}

/** The mutant of a number: the same for the same seed, whatever else is asked for. One to three things are wrong with it. */
export function mutant(from: readonly Mutant[], seed: number, index: number, kind: Kind = 'tiff'): Mutant {
  const random = generator(Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b));
  const original = from[random(from.length)]!;
  let bytes: Uint8Array = Uint8Array.from(original.bytes);
  const done: string[] = [];
  for (let left = 1 + random(3); left > 0; left--) {
    const mutations = kind === 'json' ? TEXT_MUTATIONS : kind === 'tiff' || kind === 'wide' ? MUTATIONS : BYTE_MUTATIONS;
    const [what, mutate] = mutations[random(mutations.length)]!;
    bytes = mutate(bytes, random, from);
    done.push(what);
  }
  return { name: `${index} ${original.name} (${done.join(', ')})`, bytes };
}

/** Uniform whole numbers from 0, a stream for each seed (mulberry32 by T. Ettinger, public domain). */
function generator(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

type Mutate = (bytes: Uint8Array, random: Random, from: readonly Mutant[]) => Uint8Array;

const entryMutation = (change: (entry: Entry, view: DataView, random: Random) => void): Mutate => {
  return (bytes, random) => {
    const entries = directoryEntries(bytes);
    if (entries.length > 0) change(entries[random(entries.length)]!, new DataView(bytes.buffer, bytes.byteOffset), random);
    return bytes;
  };
};

type Mutations = readonly (readonly [what: string, mutate: Mutate])[];

const ANYWHERE: Mutations = [
  ['bytes', scatter],
  ['header', (bytes, random) => setByte(bytes, random(Math.min(16, bytes.length)), random(256))],
  ['cut short', (bytes, random) => bytes.slice(0, random(bytes.length + 1))],
  ['bytes gone', (bytes, random) => splice(bytes, random(bytes.length), 1 + random(64), new Uint8Array(0))],
  ['bytes more', (bytes, random) => splice(bytes, random(bytes.length), 0, bytes.slice(0, 1 + random(64)))],
  ['zeros', (bytes, random) => fill(bytes, random, 0)],
  ['ones', (bytes, random) => fill(bytes, random, 255)],
  ['part of another', graft],
];

const TEXT_MUTATIONS: Mutations = [...Array.from({ length: 12 }, () => ['text', wrongText as Mutate] as const), ...ANYWHERE];

/** Sizes stand anywhere in a picture or a network: as numbers of 16 and 32 bits, and as those of protobuf, seven bits a byte. */
const BYTE_MUTATIONS: Mutations = [
  ...ANYWHERE,
  ...Array.from({ length: 4 }, () => ['size', setSize as Mutate] as const),
  ...Array.from(
    { length: 3 },
    () =>
      [
        'long number',
        (bytes: Uint8Array, random: Random) =>
          splice(bytes, random(bytes.length), 1, Uint8Array.from([...Array(1 + random(8)).fill(255), 1 + random(127)])),
      ] as const,
  ),
];

const MUTATIONS: Mutations = [
  ...ANYWHERE,
  ['tag number', entryMutation((entry, view, random) => entry.put(view, 'tag', 254 + random(90)))],
  ['tag type', entryMutation((entry, view, random) => entry.put(view, 'type', random(20)))],
  ['tag count', entryMutation((entry, view, random) => entry.put(view, 'count', EDGES[random(EDGES.length)]!))],
  ['tag value', entryMutation((entry, view, random) => entry.put(view, 'value', EDGES[random(EDGES.length)]!))],
  ['tag value', entryMutation((entry, view, random) => entry.put(view, 'value', EDGES[random(EDGES.length)]!))],
  ['tag short value', entryMutation((entry, view, random) => entry.put(view, 'short', EDGES[random(13)]!))],
  ['tag short value', entryMutation((entry, view, random) => entry.put(view, 'short', EDGES[random(13)]!))],
  ['compression', compression],
];

function setSize(bytes: Uint8Array, random: Random): Uint8Array {
  const wide = random(2) === 0;
  if (bytes.length < 8) return bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const at = random(Math.min(bytes.length, 400) - 4);
  const size = EDGES[random(EDGES.length)]!;
  if (wide) view.setUint32(at, size);
  else view.setUint16(at, size);
  return bytes;
}

function scatter(bytes: Uint8Array, random: Random): Uint8Array {
  for (let left = 1 + random(12); left > 0; left--) setByte(bytes, random(bytes.length), random(256));
  return bytes;
}

function setByte(bytes: Uint8Array, at: number, value: number): Uint8Array {
  if (at < bytes.length) bytes[at] = value;
  return bytes;
}

function fill(bytes: Uint8Array, random: Random, value: number): Uint8Array {
  const at = random(bytes.length);
  return bytes.fill(value, at, at + 1 + random(200));
}

function splice(bytes: Uint8Array, at: number, gone: number, more: Uint8Array): Uint8Array {
  return Uint8Array.from([...bytes.subarray(0, at), ...more, ...bytes.subarray(at + gone)]);
}

function graft(bytes: Uint8Array, random: Random, from: readonly Mutant[]): Uint8Array {
  const other = from[random(from.length)]!.bytes;
  const start = random(other.length);
  const part = other.subarray(start, start + 1 + random(400));
  bytes.set(part.subarray(0, Math.max(0, bytes.length - start)), Math.min(start, bytes.length));
  return bytes;
}

function compression(bytes: Uint8Array, random: Random): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  for (const entry of directoryEntries(bytes)) {
    if (entry.tag === 259) entry.put(view, 'short', COMPRESSIONS[random(COMPRESSIONS.length)]!);
  }
  return bytes;
}

/** One entry of the first directory, and a way to write over a part of it. */
interface Entry {
  readonly tag: number;
  put(view: DataView, part: 'tag' | 'type' | 'count' | 'value' | 'short', value: number): void;
}

/** Entries of the first directory, as far as they lie in the file. */
function directoryEntries(bytes: Uint8Array): Entry[] {
  if (bytes.length < 16) return [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const little = bytes[0] === 0x49;
  const big = view.getUint16(2, little) === 43;
  const start = big ? Number(view.getBigUint64(8, little)) : view.getUint32(4, little);
  const head = big ? 8 : 2;
  const size = big ? 20 : 12;
  if (start + head + size > bytes.length) return [];
  const count = big ? Number(view.getBigUint64(start, little)) : view.getUint16(start, little);
  const entries: Entry[] = [];
  for (let at = start + head; at + size <= bytes.length && entries.length < Math.min(count, 100); at += size) {
    entries.push({
      tag: view.getUint16(at, little),
      put(target, part, value) {
        const valueAt = at + (big ? 12 : 8);
        if (part === 'tag') target.setUint16(at, value, little);
        else if (part === 'type') target.setUint16(at + 2, value, little);
        else if (part === 'short') target.setUint16(valueAt, value, little);
        else if (big) target.setBigUint64(part === 'count' ? at + 4 : valueAt, BigInt(value), little);
        else target.setUint32(part === 'count' ? at + 4 : valueAt, value, little);
      },
    });
  }
  return entries;
}
