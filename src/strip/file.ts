import { constants } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { reason, SegtileError } from '../errors.js';
import { outputError } from '../io/partial-file.js';
import type { Box } from '../types.js';
import { codeFacts, codeStrip, decodeFacts, decodeStrip, type StripMeta, type WindowMeta } from './code.js';
import { bytesAt, type Frame, frameBytes, wholeFrames } from './frames.js';
import type { Crossing, ScoreKind } from './strip.js';

/** The head of a file of strips: its first frame. */
export interface StripHead {
  /** Version of the layout; see {@link STRIP_FORMAT}. */
  readonly format: number;
  /** Everything that determines the bytes of the strips, by name. Strips belong together only if all of it is equal. */
  readonly facts: Readonly<Record<string, string>>;
  /** The part of the working image that these strips cover. */
  readonly piece: Box;
  readonly scores: ScoreKind;
  /** Further data for the reader of the strips. */
  readonly more: object;
}

/** The current version of the layout. */
export const STRIP_FORMAT = 1;

/** Milliseconds between two requests to the disk to store what was written. */
const SYNC_EVERY = 3000;

/** A file of the strips of a piece. Further strips can be appended to it. */
export interface StripFile {
  readonly head: StripHead;
  /** The first row that is not in the file yet; the end of the piece if the file is complete. */
  readonly rows: number;
  /** The strips and facts about windows that the file held when it was opened, in order, up to the last strip. */
  read(): AsyncGenerator<Crossing, void, undefined>;
  /**
   * Appends the next strip, or facts about windows. Labels and scores must stay unchanged until the promise resolves.
   *
   * @throws {SegtileError} `output` if the strip is not the next one, or the file cannot be written
   */
  append(crossing: Crossing): Promise<void>;
  /** Appends a note, which {@link findStrips} finds later, and waits until everything written is on the disk. */
  note(note: object): Promise<void>;
  /** Waits until everything written is on the disk. Throws `SegtileError` `output` if that fails. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** The undamaged contents of a file of strips. */
export interface StripsFound {
  readonly head: StripHead;
  readonly rows: number;
  /** Offset in bytes of the end of the last strip; if there is none, of the head. */
  readonly end: number;
  /** Whether further bytes follow that are damaged or incomplete. */
  readonly torn: boolean;
  /** Notes that were added, see {@link StripFile.note}. */
  readonly notes: readonly object[];
  readonly frames: readonly Frame[];
}

/**
 * Finds the undamaged contents of a file of strips. Undefined if there is no such file, or its head is damaged or
 * incomplete. If the layout has another version, only the head is given.
 *
 * @throws {SegtileError} `output` if the file cannot be opened
 */
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

/**
 * The part of what was found that lies above a row.
 *
 * @returns undefined if no strip ends just above that row
 */
export function stripsAbove(found: StripsFound, y: number): StripsFound | undefined {
  const last = found.frames.findIndex(({ meta }) => {
    const own = meta as StripMeta | WindowMeta;
    return own.kind === 'strip' && own.y + own.height === y;
  });
  if (last < 0) return undefined;
  const frames = found.frames.slice(0, last + 1);
  return { ...found, rows: y, end: frames[last]!.end, notes: [], frames };
}

/**
 * Reads the strips and facts about windows in a file, in order.
 *
 * @param strips what {@link findStrips} found in the file
 * @throws {SegtileError} `input` if the file cannot be opened
 */
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
 * Opens a file of strips to append to it.
 *
 * @param strips what {@link findStrips} found in it; anything after the last strip is cut off. If not given, a new file
 *   replaces any old one.
 * @throws {SegtileError} `output` if the file cannot be opened or written
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

  /** From time to time requests that the disk stores what was written. The run goes on meanwhile. */
  function sync(): void {
    if (performance.now() - synced < SYNC_EVERY) return;
    synced = Number.POSITIVE_INFINITY;
    syncing = file.datasync().then(
      () => {
        synced = performance.now();
      },
      // If the disk fails, writing the next strip or closing the file throws the error.
      () => undefined,
    );
  }

  async function flush(): Promise<void> {
    await syncing;
    await file.datasync().catch((error: unknown) => {
      throw outputError(path, error);
    });
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
      await flush();
    },
    flush,
    async close(): Promise<void> {
      await syncing;
      await file.close();
    },
  };
}
