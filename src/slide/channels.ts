import { SegtileError } from '../errors.js';
import type { SampleType } from '../types.js';

/** Which channels of a slide are read. Channels are counted from 0. */
export interface ChannelChoice {
  /** The channels that the user named, in the user's order. */
  readonly picked: readonly number[] | undefined;
  /** Channels of the picture: red, green and blue, or one for grey. Absent if the file itself says what its colours are. */
  readonly seen: readonly number[] | undefined;
  /** Tells the user what was decided, if the user named no channels or if only some of the named ones are shown. */
  readonly note?: string;
}

/**
 * Decides which channels are read and which make the picture. If the user names channels, by number from 0 or by name,
 * these are read. Otherwise the colours of the file are used. If its channels are not colours, the first three are
 * shown as red, green and blue; if there are fewer than three, the first one is shown as grey.
 *
 * @param names names of the channels; '' for a channel without a name
 * @param kind `colours` if the file says how its channels make a picture; otherwise where it stores them
 * @throws {SegtileError} `usage` if the user names a channel that does not exist
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

/** The channels that make a picture: the first three, or only the first if there are fewer than three. */
function pictureOf(channels: readonly number[]): readonly number[] {
  return channels.slice(0, channels.length < 3 ? 1 : 3);
}

function seenText(names: readonly string[], seen: readonly number[]): string {
  const listed = seen.map((channel) => channelName(names, channel)).join(', ');
  return seen.length === 1 ? `${listed} is seen as grey` : `${listed} are seen as red, green and blue`;
}

/**
 * The channels for a consumer that takes `count` of them: those that the user picked, otherwise all.
 *
 * @param by the consumer, for messages
 * @throws {SegtileError} `usage` if the user picked more or fewer; `model` if the slide has more or fewer
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
      ? `name them with --channels; ${listHint(names)}`
      : 'give it a slide with that many channels, or name one more than once with --channels',
  );
}

/**
 * Makes sure that the samples of a slide have the type that a consumer takes. Samples of any type can be converted to
 * bytes.
 *
 * @param by the consumer, for messages
 * @param kept the type in which the slide's samples can be read unchanged, if there is one
 * @param words the samples in words, for messages
 * @throws {SegtileError} `model` if the type is another one
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

/** A channel in messages: its number from 0 and, if it has one, its name. */
export function channelName(names: readonly string[], channel: number): string {
  return names[channel] ? `${channel} (${names[channel]})` : String(channel);
}

function listHint(names: readonly string[]): string {
  const shown = names.slice(0, 40).map((_, channel) => channelName(names, channel));
  return `its channels are ${shown.join(', ')}${names.length > 40 ? ' and more' : ''}`;
}
