import { type Model, modelPixels } from '../../../model/card/model.js';
import type { ChannelRequest } from '../../../slide/slide.js';

/** The channels and samples that a model needs from a slide; undefined if it takes a picture. */
export function channelRequest(model: Model): ChannelRequest | undefined {
  const { kind, channels } = modelPixels(model);
  return kind === 'picture' ? undefined : { count: channels, samples: model.samples, by: model.path };
}
