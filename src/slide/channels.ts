import { SegtileError } from '../errors.js';
import type { SampleType } from '../types.js';

/** Which of the channels of a slide are read. All are counted from 0. */
export interface ChannelChoice {
  /** Those that the user named, in that order. */
  readonly picked: readonly number[] | undefined;
  /** Channels of the picture: red, green and blue, or one for grey. Absent where the file itself says what its colours are. */
  readonly seen: readonly number[] | undefined;
  /** What was decided where nobody asked for it. */
  readonly note?: string;
}

/**
 * Decides which channels are read and seen: those that the user names, by number from 0 or by name. Else the file's own colours; or, where
 * channels are no colours, the first three as red, green and blue, or the first where there are fewer.
 *
 * @param names of the channels; '' for one without a name
 * @param kind `colours` where the file says how they make a picture, else where it keeps them
 * @throws {SegtileError} `usage` where the user names one that is not there
 */
export function chooseChannels(
  path: string,
  names: readonly string[],
  kind: 'colours' | 'samples' | 'directories',
  wanted: readonly string[] | undefined,
): ChannelChoice {
  if (wanted === undefined) {
    if (kind === 'colours' || names.length <= 1) return { picked: undefined, seen: kind === 'directories' ? [0] : undefined };
    const seen = pictureOf(names.map((_, channel) => channel));
    const where = kind === 'directories' ? ' in directories of their own' : '';
    const others = names.length > seen.length ? '; --channels picks others' : '';
    return { picked: undefined, seen, note: `of ${names.length} channels${where}, ${seenText(names, seen)}${others}` };
  }
  if (names.length === 0) {
    throw new SegtileError(
      'usage',
      `${path} does not keep channels apart, so --channels ${wanted.join(',')} picks none`,
      'leave --channels out: the file is read as red, green and blue, or as grey',
    );
  }
  const picked = wanted.map((each) => find(path, names, each));
  const seen = pictureOf(picked);
  if (seen.length === picked.length) return { picked, seen };
  return {
    picked,
    seen,
    note: `of the ${picked.length} channels that are picked, ${seenText(names, seen)} where tissue is found and in the preview`,
  };
}

/** The channels that make a picture of some. */
function pictureOf(channels: readonly number[]): readonly number[] {
  return channels.slice(0, channels.length < 3 ? 1 : 3);
}

function seenText(names: readonly string[], seen: readonly number[]): string {
  const listed = seen.map((channel) => channelName(names, channel)).join(', ');
  return seen.length === 1 ? `${listed} is seen as grey` : `${listed} are seen as red, green and blue`;
}

/**
 * The channels that somebody is given who takes so many: those that the user picked, else all.
 *
 * @param by who takes them
 * @throws {SegtileError} `usage` where the user picked more or fewer, `model` where the slide has more or fewer
 */
export function channelsFor(
  by: string,
  count: number,
  path: string,
  names: readonly string[],
  picked: readonly number[] | undefined,
): readonly number[] {
  const chosen = picked ?? names.map((_, channel) => channel);
  if (chosen.length === count) return chosen;
  if (picked !== undefined) {
    throw new SegtileError(
      'usage',
      `${by} takes ${channelCount(count)}, but --channels picks ${picked.length} of ${path}`,
      listHint(names),
    );
  }
  const found = names.length === 0 ? 'does not keep channels apart' : `has ${names.length}`;
  throw new SegtileError(
    'model',
    `${by} takes ${channelCount(count)}, but ${path} ${found}`,
    names.length > count
      ? `say which with --channels; ${listHint(names)}`
      : 'give it a slide that has as many, or name one more than once with --channels',
  );
}

/**
 * Makes sure that samples are of the type that somebody takes; bytes can be made of all.
 *
 * @param by who takes them
 * @param kept the type in which the slide's samples are what they are, if there is one
 * @param words what they are called
 * @throws {SegtileError} `model` where they are not
 */
export function requireSamples(
  by: string,
  wished: SampleType,
  path: string,
  kept: SampleType | undefined,
  words: string,
): void {
  if (wished === 'uint8' || wished === kept) return;
  throw new SegtileError(
    'model',
    `${by} takes samples of type ${wished}, but ${path} has ${words} samples`,
    'give it a slide of such samples, or say with --samples, or in its card, what the model takes',
  );
}

function channelCount(count: number): string {
  return `${count} channel${count === 1 ? '' : 's'}`;
}

function find(path: string, names: readonly string[], wanted: string): number {
  const number = /^\d+$/.test(wanted) ? Number(wanted) : -1;
  const found = number >= 0 && number < names.length ? number : names.findIndex((name) => sameName(name, wanted));
  if (found < 0) throw new SegtileError('usage', `${path} has no channel "${wanted}" for --channels`, listHint(names));
  return found;
}

function sameName(a: string, b: string): boolean {
  return a !== '' && a.toLowerCase() === b.trim().toLowerCase();
}

/** How a channel is called: its number from 0, and its name. */
export function channelName(names: readonly string[], channel: number): string {
  return names[channel] ? `${channel} (${names[channel]})` : String(channel);
}

function listHint(names: readonly string[]): string {
  const shown = names.slice(0, 40).map((_, channel) => channelName(names, channel));
  return `its channels are ${shown.join(', ')}${names.length > 40 ? ' and more' : ''}`;
}
