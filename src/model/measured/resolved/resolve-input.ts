import { SegtileError } from '../../../errors.js';
import type { SampleType } from '../../../types.js';
import type { Model } from '../../card/model.js';
import type { ModelFile } from '../../graph/facts.js';
import { described } from '../../graph/format/tensors.js';
import { axes } from '../../graph/layout.js';
import { resolveNormalization } from './resolve-range.js';
import { contradiction, type StatedCard, saying } from './stated.js';

/**
 * Resolves what the network is fed, from the file, the card, the flags and the beginning of the graph. Adds to `notes`
 * what was assumed.
 *
 * @throws {SegtileError} `model` that names both sides of a contradiction, or what the file does not tell
 */
export function resolveInput(
  file: ModelFile,
  stated: StatedCard,
  notes: string[],
): Pick<Model, 'layout' | 'depth' | 'color' | 'samples' | 'normalize' | 'fixedWindow'> {
  const { card } = stated;
  const input = `${described(file.image, 'input')} of ${file.path}`;
  const layout = file.layout ?? card.layout;
  if (!layout)
    throw new SegtileError(
      'model',
      `${input} does not say which of its axes holds the channels`,
      'give --layout nchw or nhwc, or layout in the card',
    );
  if (card.layout && card.layout !== layout) throw contradiction(file, stated, 'layout', `${input} is ${layout}`);
  const { batch, channels, width, height } = axes(file.image.dims, layout);
  const { samples = 'uint8' } = card;
  const shown = file.beginning?.color;
  const color = card.color ?? (samples === 'uint8' ? shown : undefined) ?? likelyColor(channels, samples);
  const means = `the graph of ${file.path} subtracts the means of ImageNet in the order ${shown}`;
  if (!card.color && color === shown) notes.push(`color ${color}: the graph subtracts ImageNet's means in this order`);
  else if (!card.color && color !== 'channels') notes.push(`color ${color} assumed`);
  else if (shown && card.color !== shown && card.color !== 'channels')
    notes.push(`warning: ${saying(stated, 'color')} but ${means}`);
  if (color === 'gray' && samples !== 'uint8')
    throw contradiction(file, stated, 'samples', 'gray is made of the 8-bit red, green and blue of a picture');
  const depth = color === 'channels' ? channels : color === 'gray' ? 1 : 3;
  if (typeof depth !== 'number')
    throw new SegtileError(
      'model',
      `${input} does not say how many channels it takes`,
      'export it with a fixed number of them',
    );
  if (typeof channels === 'number' && channels !== depth)
    throw contradiction(file, stated, 'color', `${input} has ${channels} channel${channels === 1 ? '' : 's'}`);
  if (typeof batch === 'number' && batch > 1)
    notes.push(`exported for batches of ${batch}: that many windows go through it together`);

  const normalize = resolveNormalization(file, stated, depth, notes);
  if (typeof width !== 'number' && typeof height !== 'number') return { layout, depth, color, samples, normalize };
  if (typeof width !== 'number' || typeof height !== 'number')
    throw new SegtileError(
      'model',
      `${input} fixes one side of the window only`,
      'export it with both sides fixed, or both free',
    );
  if (card.window !== undefined && (card.window !== width || card.window !== height))
    throw contradiction(file, stated, 'window', `${input} takes ${width} × ${height} px`);
  return { layout, depth, color, samples, normalize, fixedWindow: { width, height } };
}

function likelyColor(channels: number | string, samples: SampleType): Model['color'] {
  if (samples !== 'uint8' || (typeof channels === 'number' && channels !== 1 && channels !== 3)) return 'channels';
  return channels === 1 ? 'gray' : 'rgb';
}
