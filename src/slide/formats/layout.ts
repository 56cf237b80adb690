import type { Directory } from '../../tiff/directory.js';
import type { MppStatement } from '../mpp/mpp-statement.js';
import type { AssociatedImage } from '../slide.js';

/** What the directories of a TIFF file are to a slide. */
export interface SlideLayout {
  /** What kind of file it is, such as `Aperio SVS`. */
  readonly format: string;
  /**
   * Full resolution first, then smaller and smaller; at least one level. A level is one directory, or one for each channel, in the order
   * of the file; then every level has as many.
   */
  readonly levels: readonly (readonly Directory[])[];
  /** Names of the channels where each has a directory of its own; '' for one without a name. */
  readonly channels: readonly string[];
  readonly associated: readonly Associated[];
  /** What the maker's own text says of the physical size of the image that is read, where it has been looked at. */
  readonly mpp?: MppStatement | undefined;
  /** Rules that were applied, as sentences for people. */
  readonly notes: readonly string[];
  /** Why segtile does not read it. */
  readonly refusal?: Refusal | undefined;
}

/** Why a file is not read. */
export interface Refusal {
  /** What comes after the path in a message. */
  readonly message: string;
  /** What to do. */
  readonly hint: string;
  /** Whether it is read once the user has chosen channels. */
  readonly liftedByChannels?: boolean;
}

/** An image in the file that is not the specimen at some resolution. */
export interface Associated {
  readonly kind: AssociatedImage['kind'];
  readonly directory: Directory;
}

/**
 * Levels of groups of directories that each show the specimen at one resolution, where all have as many channels as full resolution.
 * The other groups are no levels. Where there are no channels, the first of a group is the level.
 */
export function levelsOf(groups: readonly (readonly Directory[])[]): {
  readonly levels: readonly (readonly Directory[])[];
  readonly others: readonly Directory[];
} {
  const sorted = [...groups].sort((a, b) => b[0]!.width * b[0]!.height - a[0]!.width * a[0]!.height);
  const channels = sorted[0]!.length;
  if (channels === 1) return { levels: sorted.map(([first]) => [first!]), others: sorted.flatMap(([, ...rest]) => rest) };
  return {
    levels: sorted.filter((group) => group.length === channels),
    others: sorted.filter((group) => group.length !== channels).flat(),
  };
}

/** Directories in groups of one size, in the order in which each size comes first. */
export function bySize(directories: readonly Directory[]): Directory[][] {
  const groups = new Map<string, Directory[]>();
  for (const directory of directories) {
    const size = `${directory.width} × ${directory.height}`;
    const group = groups.get(size);
    if (group === undefined) groups.set(size, [directory]);
    else group.push(directory);
  }
  return [...groups.values()];
}

/** The directories by their places in the file, of which some may have been left out. */
export function byIndex(directories: readonly Directory[]): (index: number | undefined) => Directory | undefined {
  const all = new Map(directories.map((directory) => [directory.index, directory]));
  return (index) => (index === undefined ? undefined : all.get(index));
}
