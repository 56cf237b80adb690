import { SegtileError } from '../../errors.js';
import { defaultColor } from '../../plan/palette.js';
import type { ModelFile } from '../graph/facts.js';
import { described, stem } from '../graph/format/tensors.js';
import type { MeasuredModel } from '../measured/measure.js';
import { resolveInput } from '../measured/resolved/resolve-input.js';
import { resolveFit, resolveScores, resolveTask } from '../measured/resolved/resolve-scores.js';
import { contradiction, type StatedCard, statedCard } from '../measured/resolved/stated.js';
import type { Card } from './card.js';
import type { Model } from './model.js';

/**
 * Combines what the file, its card, the user and a measurement say. The user's flags override the card. Nothing may
 * contradict what the file says or what was measured. Assumptions only fill what is left open.
 *
 * These are assumed where nothing else decides:
 * - the input is RGB of 8 bits, gray for one channel, or the slide's own channels for any other number of channels or type
 *   of samples
 * - floating-point input is scaled to 0..1
 * - raw scores need a sigmoid if there is one channel, and a softmax if there are several
 * - labels: one channel is label 1; independent channels are labels 1, 2, …; of competing channels the first is
 *   background, unless the card lists a class for every channel and the first is not named `background`
 *
 * @param measured what the network gives, from {@link measureModel}
 * @throws {SegtileError} `model` that names both sides of a contradiction, or the flag that settles what could not be told
 */
export function resolveModel(file: ModelFile, card: Card | undefined, flags: Card, measured: MeasuredModel): Model {
  const stated = statedCard(card, flags);
  const notes: string[] =
    file.output === undefined ? [] : [`output ${JSON.stringify(file.output)}, as ${stated.by('output')} says`];
  if (file.isRounded) notes.push('computed in float32: onnxruntime has no convolutions in float64, which the network is in');
  const image = resolveInput(file, stated, notes);
  const scores = resolveScores(file, stated, notes, measured);
  const task = resolveTask(file, stated, notes, measured);
  const fit = resolveFit(file, stated, notes, measured);
  const { mpp, window, stride, margin, phase } = stated.card;
  return {
    path: file.path,
    sha256: file.sha256,
    name: stated.card.name ?? stem(file.path),
    task,
    image: file.image,
    scores: file.scores,
    ...(file.output !== undefined && { output: file.output }),
    ...(file.decision !== undefined && { decision: file.decision }),
    ...(file.cam && { cam: true }),
    ...image,
    ...scores,
    ...fit,
    ...resolveClasses(file, stated, scores.channels, scores.exclusive),
    ...(mpp !== undefined && { mpp }),
    ...(window !== undefined && { window }),
    ...(stride !== undefined && { stride }),
    ...(margin !== undefined && { margin }),
    ...(phase !== undefined && { phase }),
    notes,
  };
}

function resolveClasses(
  file: ModelFile,
  stated: StatedCard,
  channels: number,
  exclusive: boolean,
): Pick<Model, 'classes' | 'labels'> {
  const listed = stated.card.classes;
  const named = listed?.[0]?.name.toLowerCase() === 'background';
  const background = exclusive && (!listed || named || listed.length === channels - 1);
  const wanted = background && !named ? channels - 1 : channels;
  if (listed && listed.length !== wanted)
    throw contradiction(
      file,
      stated,
      'classes',
      `${described(file.scores, 'output')} of ${file.path} has ${channels} channel${channels === 1 ? '' : 's'}`,
    );
  const first = background ? 1 : 0;
  if (channels - first > 255)
    throw new SegtileError(
      'model',
      `${file.path} has ${channels - first} classes, a mask holds 255 at most`,
      'give a model of fewer classes',
    );
  const shown = named && background ? listed!.slice(1) : listed;
  return {
    labels: Array.from({ length: channels }, (_, channel) => channel + 1 - first),
    classes: Array.from({ length: channels - first }, (_, index) => ({
      label: index + 1,
      name: shown?.[index]?.name ?? `class ${index + 1}`,
      color: shown?.[index]?.color ?? defaultColor(index + 1),
      ...(shown?.[index]?.threshold !== undefined && { threshold: shown[index].threshold }),
    })),
  };
}
