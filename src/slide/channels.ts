import { SegtileError } from '../errors.js';

/** Which of the channels of a slide are read. */
export interface ChannelChoice {
  /** Red, green and blue, or one that is seen in grey; counted from 0. */
  readonly picked: readonly number[];
  /** What was done, where nobody asked for it. */
  readonly note?: string;
}

/**
 * Decides which channels are read: those that the user names, by number from 0 or by name; else the first three as red, green and blue, or
 * the first where there are fewer.
 *
 * @param names of the channels; '' for one without a name
 * @throws {SegtileError} `usage` where the user names neither one nor three, or one that is not there
 */
export function chooseChannels(path: string, names: readonly string[], wanted: readonly string[] | undefined): ChannelChoice {
  if (wanted === undefined) {
    if (names.length <= 1) return { picked: [0] };
    const picked = names.length < 3 ? [0] : [0, 1, 2];
    const listed = picked.map((channel) => channelName(names, channel)).join(', ');
    const [verb, colours] = picked.length === 1 ? ['is', 'grey'] : ['are', 'red, green and blue'];
    const others = names.length > picked.length ? '; --channels picks others' : '';
    return {
      picked,
      note: `of ${names.length} channels in directories of their own, ${listed} ${verb} read as ${colours}${others}`,
    };
  }
  if (names.length === 0) {
    throw new SegtileError(
      'usage',
      `${path} does not keep channels apart, so --channels ${wanted.join(',')} picks none`,
      'leave --channels out: the file is read as red, green and blue, or as grey',
    );
  }
  if (wanted.length !== 1 && wanted.length !== 3) {
    throw new SegtileError(
      'usage',
      `expected one or three channels for --channels but got "${wanted.join(',')}"`,
      listHint(names),
    );
  }
  return { picked: wanted.map((each) => find(path, names, each)) };
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
