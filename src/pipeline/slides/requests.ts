import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { reason, SegtileError } from '../../errors.js';
import { isFolder } from '../../io/folder.js';
import { isRemote } from '../../io/location.js';
import { readRegularText } from '../../io/regular-file.js';
import { findFiles, isPattern } from './find.js';
import type { PathKind } from './kinds.js';
import type { SlideList } from './list.js';
import { LIST_COLUMNS, type ListColumn, type SlideRequest } from './request.js';

/** Other inputs that decide which files a command works on. */
export interface GivenFiles {
  readonly kind: PathKind;
  /** The path of a list of files, or `-` for standard input. */
  readonly from?: string | undefined;
  /** Files and folders to skip because they are something else, such as the folder of results or of truth. */
  readonly except?: readonly (string | undefined)[] | undefined;
  /** The columns of a list that the command uses; by default all. */
  readonly columns?: readonly ListColumn[] | undefined;
  /** The stream that `-` stands for. */
  readonly stdin?: Readable | undefined;
  /** Called with sentences on skipped files. */
  readonly note?: ((sentence: string) => void) | undefined;
}

/**
 * The files that a command works on: those that were named, those in folders or that match patterns, and those in a
 * list. A file that is asked for twice in the same way counts once.
 *
 * @throws {SegtileError} `usage` if nothing is named; `input` for a list that cannot be read or is not valid
 */
export async function fileRequests(given: readonly string[], files: GivenFiles): Promise<readonly SlideRequest[]> {
  const { kind, from, note, except = [], columns = LIST_COLUMNS, stdin = process.stdin } = files;
  if (given.length === 0 && from === undefined) {
    const hint = `name ${kind.nouns}, folders of them, or a list with --from`;
    throw new SegtileError('usage', `no ${kind.noun} was given`, hint);
  }
  const list = from === undefined ? undefined : await readList(from, stdin);
  if (from !== undefined) notePassedOver(from, list?.columns.filter((name) => !columns.includes(name)) ?? [], note);
  const others = except.filter((path) => path !== undefined);
  const all: SlideRequest[] = [];
  for (const request of [...given.map((path): SlideRequest => ({ path })), ...(list?.requests ?? [])]) {
    all.push(...(await expanded(request, kind, others, given.includes(request.path), note)));
  }
  const seen = new Set<string>();
  return all.filter((request) => {
    const same = JSON.stringify([
      isRemote(request.path) ? request.path : resolve(request.path),
      { ...request, path: '', place: request.place ?? '' },
    ]);
    return !seen.has(same) && seen.add(same);
  });
}

/**
 * The paths in a list, as they are: folders are not looked into.
 *
 * @param from the path of the list, or `-` for standard input
 * @param note called with a sentence if the list has columns besides that of the path
 * @throws {SegtileError} `input` for a list that cannot be read or is not valid
 */
export async function listedPaths(
  from: string,
  note: (sentence: string) => void,
  stdin: Readable = process.stdin,
): Promise<readonly string[]> {
  const { requests, columns } = await readList(from, stdin);
  notePassedOver(from, columns, note);
  return requests.map(({ path }) => path);
}

/** Says which columns of a list a command does not use. */
function notePassedOver(from: string, unused: readonly string[], note: GivenFiles['note']): void {
  if (unused.length > 0) note?.(`${from}: ${unused.join(' and ')} means nothing to this command, and is ignored`);
}

/** A single file as it is, or the files in a folder or that match a pattern. Names in lists are never patterns. */
async function expanded(
  request: SlideRequest,
  kind: PathKind,
  except: readonly string[],
  named: boolean,
  note: GivenFiles['note'],
): Promise<readonly SlideRequest[]> {
  const { path } = request;
  if (isRemote(path)) return [request];
  if (!((named && isPattern(path)) || (await isFolder(path)))) return [request];
  const found = await findFiles(path, kind, except);
  if (found.note !== undefined) note?.(found.note);
  return found.requests.map((each) => ({ ...request, ...each }));
}

/** A path that does not exist is no folder. The error is reported when its turn among the other files comes. */

async function readList(from: string, stdin: Readable): Promise<SlideList> {
  const where = from === '-' ? 'standard input' : from;
  const text = await (from === '-' ? allOf(stdin) : readRegularText(from)).catch((cause: unknown) => {
    const hint = 'give a file with a path on each line, or a CSV with the column slide; or - for standard input';
    throw new SegtileError('input', `--from ${from} cannot be read: ${reason(cause)}`, hint, cause);
  });
  const { folderOfList, parseSlideList } = await import('./list.js');
  return parseSlideList(text, where, folderOfList(from));
}

async function allOf(stream: Readable): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(Buffer.from(piece as Uint8Array));
  return Buffer.concat(pieces).toString('utf8');
}
