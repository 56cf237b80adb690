import { constants } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { reason, SegtileError } from '../errors.js';
import { outputError } from '../io/partial-file.js';
import type { Box } from '../types.js';
import { codeFacts, codeStrip, decodeFacts, decodeStrip, type StripMeta, type WindowMeta } from './code.js';
import { bytesAt, type Frame, frameBytes, wholeFrames } from './frames.js';
import type { Crossing, ScoreKind } from './strip.js';

/** What stands at the beginning of a file of strips. */
export interface StripHead {
  /** Of this layout; see {@link STRIP_FORMAT}. */
  readonly format: number;
  /** Everything that decides the bytes, by name. Strips belong together where all of it is the same. */
  readonly facts: Readonly<Record<string, string>>;
  /** The part of the working image whose rows these are. */
  readonly piece: Box;
  readonly scores: ScoreKind;
  /** What whoever reads the strips wants to know besides. */
  readonly more: object;
}

/** The version of the layout. */
export const STRIP_FORMAT = 1;

/** Milliseconds between two orders to the disk to keep what was written. */
const SYNC_EVERY = 3000;

/** A file of the strips of a piece, to which the next ones are appended. */
export interface StripFile {
  readonly head: StripHead;
  /** The first row that is not in it; the end of the piece where it is whole. */
  readonly rows: number;
  /** What crossed before, in order, up to the last strip. */
  read(): AsyncGenerator<Crossing, void, undefined>;
  /**
   * Appends the next strip, or what is known of windows. Labels may be changed once this has returned its promise, scores when that is kept.
   *
   * @throws {SegtileError} `output`
   */
  append(crossing: Crossing): Promise<void>;
  /** Adds a few words that {@link notesIn} finds, and waits until the disk has all that was written. */
  note(note: object): Promise<void>;
  close(): Promise<void>;
}

/** What stands in a file of strips, as far as it is whole. */
export interface StripsFound {
  readonly head: StripHead;
  readonly rows: number;
  /** Bytes up to the end of the last strip, or of the head. */
  readonly end: number;
  /** Whether there is more in the file, which is damaged or was not written whole. */
  readonly torn: boolean;
  /** Notes, see {@link StripFile.note}. */
  readonly notes: readonly object[];
  readonly frames: readonly Frame[];
}

/** Looks at what stands in a file of strips; undefined where there is no such file, or not even its head is whole. */
export async function findStrips(path: string): Promise<StripsFound | undefined> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw outputError(path, error);
  });
  if (file === undefined) return undefined;
  try {
    return await found(file, (await file.stat()).size);
  } finally {
    await file.close();
  }
}

async function found(file: FileHandle, size: number): Promise<StripsFound | undefined> {
  let head: StripHead | undefined;
  const frames: Frame[] = [];
  const notes: object[] = [];
  let [rows, end, whole, useful] = [0, 0, 0, 0];
  for await (const frame of wholeFrames(file, size)) {
    const meta = frame.meta as StripMeta | WindowMeta | { readonly kind: 'note'; readonly note: object };
    if (head === undefined) {
      head = frame.meta as StripHead;
      if (head.format !== STRIP_FORMAT) return { head, rows: 0, end: 0, torn: false, notes, frames };
      rows = head.piece.y;
      end = frame.end;
      whole = end;
      continue;
    }
    if (meta.kind === 'strip' && meta.y !== rows) break;
    whole = frame.end;
    if (meta.kind === 'note') {
      notes.push(meta.note);
      continue;
    }
    frames.push(frame);
    if (meta.kind === 'windows') continue;
    rows += meta.height;
    end = frame.end;
    useful = frames.length;
  }
  return head && { head, rows, end, torn: whole < size, notes, frames: frames.slice(0, useful) };
}

/** What stands in a file of strips, in order. */
export async function* readStrips(path: string, { head, frames }: StripsFound): AsyncGenerator<Crossing, void, undefined> {
  const file = await open(path, 'r').catch((error: unknown) => {
    throw new SegtileError('input', `cannot read ${path}: ${reason(error)}`, undefined, error);
  });
  try {
    yield* crossings(file, head, frames);
  } finally {
    await file.close();
  }
}

async function* crossings(
  file: FileHandle,
  { piece }: StripHead,
  frames: readonly Frame[],
): AsyncGenerator<Crossing, void, undefined> {
  for (const { meta, body, end } of frames) {
    const bytes = await bytesAt(file, body, end - body);
    const own = meta as StripMeta | WindowMeta;
    yield own.kind === 'windows' ? decodeFacts(own, bytes) : await decodeStrip(own, bytes, piece);
  }
}

/**
 * Opens a file of strips, to go on with it.
 *
 * @param strips what stands in it; what is of no use is cut off. Without it a new file is begun, in the place of what is there.
 * @throws {SegtileError} `output`
 */
export async function openStrips(path: string, head: StripHead, strips?: StripsFound): Promise<StripFile> {
  try {
    if (strips === undefined) await rm(path, { force: true });
    const file = await open(path, constants.O_RDWR | constants.O_CREAT, 0o666);
    await file.truncate(strips?.end ?? 0);
    const opened = stripFile(path, file, head, strips);
    if (strips === undefined) await opened.begin();
    return opened;
  } catch (error) {
    throw outputError(path, error);
  }
}

function stripFile(path: string, file: FileHandle, head: StripHead, strips: StripsFound | undefined) {
  let end = strips?.end ?? 0;
  let rows = strips?.rows ?? head.piece.y;
  let synced = performance.now();
  let syncing: Promise<void> = Promise.resolve();

  async function write(meta: object, body: readonly Uint8Array[]): Promise<void> {
    try {
      const parts = frameBytes(meta, body);
      const length = parts.reduce((sum, part) => sum + part.length, 0);
      const { bytesWritten } = await file.writev(parts, end);
      if (bytesWritten < length) {
        const whole = Buffer.concat(parts);
        for (let done = bytesWritten; done < length; ) {
          done += (await file.write(whole, done, length - done, end + done)).bytesWritten;
        }
      }
      end += length;
    } catch (error) {
      throw outputError(path, error);
    }
  }

  /** Has the disk keep what was written, now and then, while the run goes on. */
  function sync(): void {
    if (performance.now() - synced < SYNC_EVERY) return;
    synced = Number.POSITIVE_INFINITY;
    syncing = file.datasync().then(
      () => {
        synced = performance.now();
      },
      // A disk that fails will say so when the next strip is written, or the file is closed.
      () => undefined,
    );
  }

  return {
    head,
    get rows() {
      return rows;
    },
    begin: () => write(head, []),
    read: () => crossings(file, head, strips?.frames ?? []),
    async append(crossing: Crossing): Promise<void> {
      if (crossing.kind === 'strip' && crossing.y !== rows) {
        throw new SegtileError('output', `strip at row ${crossing.y} where row ${rows} is next in ${path}`);
      }
      if (crossing.kind === 'strip') rows += crossing.height;
      const { meta, body } = crossing.kind === 'strip' ? await codeStrip(crossing, head.scores) : codeFacts(crossing);
      await write(meta, body);
      sync();
    },
    async note(note: object): Promise<void> {
      await write({ kind: 'note', note }, []);
      await syncing;
      await file.datasync();
    },
    async close(): Promise<void> {
      await syncing;
      await file.close();
    },
  };
}
