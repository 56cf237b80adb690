import type { Directory } from '../../tiff/directory.js';
import type { MppStatement } from '../mpp/mpp-statement.js';
import type { AssociatedImage } from '../slide.js';

/** What each directory of a TIFF file means for the slide: a level, a channel or another image. */
export interface SlideLayout {
  /** What kind of file it is, such as `Aperio SVS`. */
  readonly format: string;
  /**
   * At least one level, from full resolution to smaller and smaller ones. A level is one directory, or one directory
   * per channel in the order of the file; in that case every level has the same number of them.
   */
  readonly levels: readonly (readonly Directory[])[];
  /** Names of the channels if each channel has a directory of its own; '' for a channel without a name. */
  readonly channels: readonly string[];
  readonly associated: readonly Associated[];
  /**
   * What the maker's own metadata says about the physical pixel size of the image that is read, if this metadata was
   * searched.
   */
  readonly mpp?: MppStatement | undefined;
  /** Rules that were applied, as sentences for people. */
  readonly notes: readonly string[];
  /** Why segtile does not read the file. */
  readonly refusal?: Refusal | undefined;
}

/** Why a file is not read. */
export interface Refusal {
  /** The message, without the path at its start. */
  readonly message: string;
  /** What the user can do. */
  readonly hint: string;
  /** Whether the file can be read once the user has chosen channels. */
  readonly liftedByChannels?: boolean;
}

/** An image in the file that is not a level of the specimen. */
export interface Associated {
  readonly kind: AssociatedImage['kind'];
  readonly directory: Directory;
}

/**
 * Makes levels from groups of directories; each group shows the specimen at one resolution. A group is a level if it
 * has as many channels as the group of full resolution; all others are returned as `others`. If there are no channels,
 * the first directory of each group is the level.
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

/** Groups directories by size, in the order in which each size first occurs. */
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

/** Finds directories by their index in the file. Some may have been left out. */
export function byIndex(directories: readonly Directory[]): (index: number | undefined) => Directory | undefined {
  const all = new Map(directories.map((directory) => [directory.index, directory]));
  return (index) => (index === undefined ? undefined : all.get(index));
}
