import type { SampleType } from '../../../types.js';
import type { Card } from '../../card/card.js';
import type { Model } from '../../card/model.js';
import type { ModelFile } from '../../graph/facts.js';
import { described } from '../../graph/format/tensors.js';
import { contradiction, type StatedCard, saying } from './stated.js';

/** The largest value of each sample type. Floating point is not rescaled. */
export const LARGEST: Readonly<Record<SampleType, number>> = { uint8: 255, uint16: 65_535, float32: 1 };

/**
 * If the stated range of the input is this many times smaller than the range that the graph expects, or twice this many
 * times larger, the mask can only be wrong.
 */
const FAR = 16;

/**
 * Resolves how samples are normalised before the network: as the card or flags say, otherwise as the graph's beginning
 * wants it, otherwise scaled to 0..1, which is added to `notes`.
 *
 * @param channels number of channels of the image
 * @throws {SegtileError} `model` if what is stated contradicts the graph
 */
export function resolveNormalization(
  file: ModelFile,
  stated: StatedCard,
  channels: number,
  notes: string[],
): Model['normalize'] {
  const { card } = stated;
  const { standardize, mean, std } = card;
  if (file.image.element === 'uint8') {
    const wide = card.samples !== 'uint8' ? (['samples'] as const) : [];
    const given = ([...wide, 'standardize', 'scale', 'mean', 'std'] as const).find(
      (key) => card[key] !== undefined && card[key] !== 1,
    );
    if (given) throw contradiction(file, stated, given, `${described(file.image, 'input')} of ${file.path} is uint8`);
    return 'none';
  }
  for (const key of ['mean', 'std'] as const)
    if (card[key] && card[key].length !== 1 && card[key].length !== channels)
      throw contradiction(file, stated, key, `the image has ${channels} channel${channels === 1 ? '' : 's'}`);
  const most = LARGEST[card.samples ?? 'uint8'];
  const key = (['scale', 'standardize', 'std', 'mean'] as const).find((each) => card[each] !== undefined);
  const wants = key === undefined ? wantedBy(file, most) : undefined;
  const scale = card.scale ?? (wants ?? 1) / most;
  const each = (values: readonly number[] | undefined, otherwise: number) =>
    Array.from({ length: channels }, (_, channel) => values?.[values.length === 1 ? 0 : channel] ?? otherwise);
  const deviation = each(std, 1);
  const gain = deviation.map((value) => scale / value);
  if (key !== undefined) compare(file, stated, key, standardize ? 4 : gain[0]! * most, most, notes);
  if (standardize) return isUsual(standardize) ? 'window' : standardize;
  if (card.scale === undefined && most !== 1) notes.push(scaleNote(file, most, wants));
  return { gain, offset: each(mean, 0).map((value, channel) => (value === 0 ? 0 : -value / deviation[channel]!)) };
}

/** Whether each channel is standardised by itself, with the default small number against blank windows. */
function isUsual(standardize: NonNullable<Card['standardize']>): standardize is 'window' {
  return standardize === 'window' || (standardize.axes === 'channel' && standardize.eps === undefined);
}

/** The value that the graph's beginning expects for the largest sample. Undefined if it tells nothing. */
function wantedBy({ beginning }: ModelFile, most: number): number | undefined {
  const wants = beginning?.wants;
  return most === 1 || wants === 'any' ? undefined : wants;
}

function scaleNote({ beginning }: ModelFile, most: number, wants: number | undefined): string {
  const how = `samples ${wants === most ? 'left as' : 'scaled from'} 0..${most}${wants === most ? '' : ` to 0..${wants ?? 1}`}`;
  if (wants !== undefined) return `${how}: the graph begins with ${beginning!.words}`;
  return beginning?.wants === 'any' ? `${how}: the graph standardises them (${beginning.words})` : how;
}

/** Compares the stated range of the input with what the graph's beginning wants. */
function compare(file: ModelFile, stated: StatedCard, key: keyof Card, span: number, most: number, notes: string[]): void {
  const { wants, words } = file.beginning ?? {};
  if (typeof wants !== 'number' || most === 1) return;
  const fact = `the graph of ${file.path} begins with ${words}, which wants samples of 0..${wants}`;
  if (span * FAR < wants || span > wants * FAR * 2)
    throw contradiction(
      file,
      stated,
      key,
      `${fact}, but would get samples that span only ${Number(span.toPrecision(3))}`,
      `leave out ${key}, since the graph does it itself, or export ${file.path} without it`,
    );
  if (span > wants * 1.5 || span * 1.5 < wants) notes.push(`warning: ${saying(stated, key)} but ${fact}`);
}
