import { SegtileError } from '../../errors.js';
import { type Card, checkCard } from '../card/card.js';
import type { ModelFile } from '../graph/facts.js';

/** Card and flags as one, which remembers who said what. */
export interface StatedCard {
  readonly card: Card;
  readonly by: (key: keyof Card) => 'the card' | 'the flags';
}

/**
 * Lays flags over a card.
 *
 * @throws {SegtileError} `model` where they say something that no card can say, or exclude each other
 */
export function statedCard(card: Card | undefined, flags: Card): StatedCard {
  checkCard(flags, 'the flags');
  return {
    card: checkCard({ ...card, ...flags }, 'the card with the flags'),
    by: (key) => (flags[key] === undefined ? 'the card' : 'the flags'),
  };
}

/** `the card says layout "nhwc"`, `the flags say scale 1`. */
export function saying({ card, by }: StatedCard, key: keyof Card): string {
  return `${by(key)} ${by(key) === 'the card' ? 'says' : 'say'} ${key} ${JSON.stringify(card[key])}`;
}

/** The error of what is said against what is so. */
export function contradiction(file: ModelFile, said: StatedCard, key: keyof Card, fact: string, hint?: string): SegtileError {
  return new SegtileError('model', `${saying(said, key)} but ${fact}`, hint ?? `change ${key}, or export ${file.path} anew`);
}
