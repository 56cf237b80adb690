import { SegtileError } from '../../../errors.js';
import { type Card, checkCard } from '../../card/card.js';
import type { ModelFile } from '../../graph/facts.js';

/** A card merged with the flags, which knows who stated each key. */
export interface StatedCard {
  readonly card: Card;
  readonly by: (key: keyof Card) => 'the card' | 'the flags';
}

/**
 * Merges a card with the flags, which override it.
 *
 * @throws {SegtileError} `model` if they have values that a card does not allow, or that exclude each other
 */
export function statedCard(card: Card | undefined, flags: Card): StatedCard {
  checkCard(flags, 'the flags');
  return {
    card: checkCard({ ...card, ...flags }, 'the card with the flags'),
    by: (key) => (flags[key] === undefined ? 'the card' : 'the flags'),
  };
}

/** What was stated for a key, in words: `the card says layout "nhwc"`, `the flags say scale 1`. */
export function saying({ card, by }: StatedCard, key: keyof Card): string {
  return `${by(key)} ${by(key) === 'the card' ? 'says' : 'say'} ${key} ${JSON.stringify(card[key])}`;
}

/** The error for a stated value that contradicts a fact. */
export function contradiction(file: ModelFile, stated: StatedCard, key: keyof Card, fact: string, hint?: string): SegtileError {
  return new SegtileError('model', `${saying(stated, key)} but ${fact}`, hint ?? `change ${key}, or export ${file.path} again`);
}
