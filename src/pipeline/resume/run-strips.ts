import { SegtileError } from '../../errors.js';
import { openStrips, STRIP_FORMAT, type StripFile, type StripHead, type StripsFound } from '../../strip/file.js';
import { differences, type RunKey } from './key.js';

/** The strips of a run that is resumed or begun. */
export interface RunStrips {
  readonly file: StripFile;
  /** The first row without strips. */
  readonly rows: number;
  /** A sentence for the user, if there is anything to say. */
  readonly said: string | undefined;
}

/**
 * Facts of a head that depend on the program and the machine, not on the options. If they differ, the strips cannot be
 * used and may be deleted.
 */
const CIRCUMSTANCES = ['segtile', 'onnxruntime', 'provider'];

/**
 * Opens the strips of a result. Resumes from existing strips if they are of the same run.
 *
 * @param head the options and circumstances of the run
 * @param found the existing strips, if the run may resume from them
 * @throws {SegtileError} `output` if there are strips of a run with other settings, or they cannot be written
 */
export async function openRunStrips(
  path: string,
  head: Omit<StripHead, 'format'>,
  found: StripsFound | undefined,
): Promise<RunStrips> {
  const own: StripHead = { format: STRIP_FORMAT, ...head };
  const anew = async (said?: string): Promise<RunStrips> => ({
    file: await openStrips(path, own),
    rows: head.piece.y,
    said,
  });
  if (found === undefined) return anew();
  if (found.head.format !== STRIP_FORMAT)
    return anew('its unfinished work was kept by another version of segtile, so it starts over');
  const circumstance = CIRCUMSTANCES.find((name) => found.head.facts[name] !== own.facts[name]);
  const settings = differences(without(found.head.facts), without(own.facts));
  if (settings.length > 0) {
    throw new SegtileError(
      'output',
      `${path} belongs to an unfinished run with other settings: ${settings.join('; ')}`,
      'use the same settings to go on with it, --no-resume to start over, or choose another place',
    );
  }
  if (circumstance !== undefined) {
    const [there, here] = [found.head.facts[circumstance], own.facts[circumstance]];
    // Strips of a merge that was stopped do not say it: shards may come from several machines.
    const told =
      there === undefined ? `does not say with which ${circumstance}` : `was done with ${circumstance} ${there}, not ${here}`;
    return anew(`its unfinished work ${told}, so it starts over`);
  }
  if (found.head.scores !== own.scores || !samePiece(found.head, own))
    return anew('its unfinished work is of other rows or columns, so it starts over');
  const torn = found.torn ? '; what was written after it is damaged' : '';
  const at = found.rows - own.piece.y;
  const said = at === 0 ? undefined : `goes on at row ${found.rows} of ${own.piece.y + own.piece.height}${torn}`;
  return { file: await openStrips(path, own, found), rows: found.rows, said };
}

function without(facts: RunKey): RunKey {
  return Object.fromEntries(Object.entries(facts).filter(([name]) => !CIRCUMSTANCES.includes(name)));
}

function samePiece({ piece: a }: StripHead, { piece: b }: StripHead): boolean {
  return a.x === b.x && a.y === b.y && a.width === b.width && a.height === b.height;
}
