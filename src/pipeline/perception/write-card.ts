import { SegtileError } from '../../errors.js';
import { writeWhole } from '../../io/partial-file.js';
import { type Card, cardPath } from '../../model/card/card.js';
import type { OpenedModel } from '../../model/measured/open-model.js';
import type { Perception } from './perceive.js';
import type { LaidWindows } from './windows-for.js';

/**
 * Writes window, margin and phase into the card of a model. Everything else in the card stays.
 *
 * @param cheapest the windows that cost the least
 * @returns the path of the card
 * @throws {SegtileError} `usage` if there is nothing to write; `output` if the card cannot be written
 */
export async function writeTunedCard(
  { file, card }: OpenedModel,
  { phase }: Perception,
  cheapest: LaidWindows | undefined,
): Promise<string> {
  if (!cheapest || phase === null)
    throw new SegtileError(
      'usage',
      `no margin is enough for ${file.path}, so there is nothing to write into its card`,
      'leave out --write-card',
    );
  const path = cardPath(file.path);
  const { window, margin } = cheapest;
  const tuned: Card = { ...card, ...(window.width === window.height && { window: window.width }), margin, phase };
  const json = JSON.stringify(tuned, null, 2).replace(/\[[\s\d.,e-]+\]/g, (list) => list.replace(/\s+/g, ' '));
  await writeWhole(path, (part) => part.append(Buffer.from(`${json}\n`)), { replace: true });
  return path;
}
