import { createRequire } from 'node:module';
import type { Size } from '../../types.js';
import type { PictureDue } from './codec.js';
import type { ThreadDecoder } from './threads/in-thread.js';

/** JPEG 2000 by OpenJPEG, in a thread. */
export const openJpeg: ThreadDecoder = { name: 'JPEG 2000', module: import.meta.url, export: 'decodeJpeg2000', memories: 1 };

/**
 * Pixels of a block that is a picture of its own: interleaved samples of 8 bits, or of 9 to 16 bits in the byte order
 * of the host.
 */
export interface Picture extends Size {
  readonly data: Uint8Array<ArrayBuffer>;
  /** Whether the decoder has turned YCbCr into RGB. */
  readonly toRgb: boolean;
}

/** What the directory says about a block. */
export interface Expected extends PictureDue {
  readonly bits: number;
}

/** The part of OpenJPEG's binding that is used here. */
interface Decoder {
  getEncodedBuffer(length: number): Uint8Array;
  getDecodedBuffer(): Uint8Array;
  decode(): void;
  delete(): void;
}

interface Module {
  readonly J2KDecoder: new () => Decoder;
}

type Factory = (options: { print(line: string): void; printErr(line: string): void }) => Promise<Module>;

/** Warnings of OpenJPEG that affect no sample. All other warnings mean that data are missing. */
const HARMLESS = /unknown marker|unknown box|ICC profile|colou?r space|CRG|COM marker|cdef|palette/i;

let started: ReturnType<typeof start> | undefined;

/**
 * Decodes a codestream or a JP2 file in the thread that calls it.
 *
 * @throws {Error} if OpenJPEG reports an error or missing data, or if the picture is not the one that is due
 */
export async function decodeJpeg2000(bytes: Uint8Array, expected: Expected): Promise<Picture> {
  started ??= start();
  try {
    return (await started)(bytes, expected);
  } catch (thrown) {
    // OpenJPEG does not clean up after a failure, and after some failures it fails with every block. So it is started
    // anew.
    started = undefined;
    throw thrown;
  }
}

/** Loads a CommonJS module, which looks for its binary next to itself. */
const require = createRequire(import.meta.url);

/** Starts OpenJPEG and gives a function that decodes. */
async function start(): Promise<(bytes: Uint8Array, expected: Expected) => Picture> {
  const lines: string[] = [];
  const say = (line: string) => void lines.push(line);
  const create = require('@cornerstonejs/codec-openjpeg/decodewasmjs') as Factory;
  const { J2KDecoder } = await create({ print: say, printErr: say });

  // After an error the binding goes on, with the pixels of the block before. Only what it prints tells of the error.
  const complain = () => {
    const complaint = lines.find((line) => line.includes('[ERROR]') || (line.includes('[WARNING]') && !HARMLESS.test(line)));
    lines.length = 0;
    if (complaint !== undefined) throw new Error(complaint.replace(/\[\w+\]\s*/, '').trim());
  };

  // An exception of the binding is a number.
  const decode = (decoder: Decoder) => {
    try {
      decoder.decode();
    } catch (thrown) {
      complain();
      throw new Error('OpenJPEG failed', { cause: thrown });
    }
  };

  return (bytes, expected) => {
    const size = requirePicture(bytes, expected);
    lines.length = 0;
    const decoder = new J2KDecoder();
    try {
      decoder.getEncodedBuffer(bytes.length).set(bytes);
      decode(decoder);
      complain();
      const data = decoder.getDecodedBuffer();
      const due = size.width * size.height * expected.channels * (expected.bits > 8 ? 2 : 1);
      if (data.length !== due) throw new Error(`it gives ${data.length} bytes where ${due} are due`);
      return { width: size.width, height: size.height, data: Uint8Array.from(data), toRgb: size.subsampled };
    } finally {
      decoder.delete();
    }
  };
}

/** What marker SIZ says of an image (ITU-T T.800, A.5.1). */
interface ImageHead extends Size {
  /** Whether colour has fewer samples than luma. */
  readonly subsampled: boolean;
}

/** Reads marker SIZ and makes sure that the picture is the one that is due, before memory for it is allocated. */
function requirePicture(bytes: Uint8Array, { least, most, channels, bits }: Expected): ImageHead {
  const at = findSize(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset + at);
  const [width, height] = [4, 8].map((side) => view.getUint32(side) - view.getUint32(side + 8));
  if (width! < least.width || height! < least.height || width! > most.width || height! > most.height) {
    throw new Error(`it has ${width} × ${height} pixels where ${least.width} × ${least.height} are due`);
  }
  const components = view.getUint16(36);
  const depths = Array.from({ length: components }, (_, c) => view.getUint8(38 + 3 * c));
  if (components !== channels || depths.some((depth) => depth !== bits - 1)) {
    const found = depths.map((depth) => `${(depth & 127) + 1}${depth > 127 ? ' signed' : ''}`);
    throw new Error(
      `it has ${components} components of ${[...new Set(found)].join(' and ')} bits where ${channels} of ${bits} are due`,
    );
  }
  const steps = depths.map((_, c) => `${view.getUint8(39 + 3 * c)} and ${view.getUint8(40 + 3 * c)}`);
  const subsampled = steps.some((step) => step !== '1 and 1');
  // Of subsampled components, the binding supports only 4:2:2 and 4:2:0. It takes them for YCbCr and turns them into
  // RGB.
  if (subsampled && !(bits === 8 && /^1 and 1,2 and ([12]),2 and \1$/.test(steps.join()))) {
    throw new Error(`it has components that are subsampled by ${steps.join(', ')}`);
  }
  return { width: width!, height: height!, subsampled };
}

/**
 * The offset of the parameters of marker SIZ, which follows the start of the codestream (SOC). A JP2 file has boxes
 * before it.
 */
function findSize(bytes: Uint8Array): number {
  for (let at = 0; at + 48 < bytes.length; at++) {
    const found = bytes[at] === 0xff && bytes[at + 1] === 0x4f && bytes[at + 2] === 0xff && bytes[at + 3] === 0x51;
    if (found && at + 4 + bytes[at + 4]! * 256 + bytes[at + 5]! <= bytes.length) return at + 4;
  }
  throw new Error('it has no JPEG 2000 codestream');
}
