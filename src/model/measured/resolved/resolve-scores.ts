import { SegtileError } from '../../../errors.js';
import type { Model } from '../../card/model.js';
import type { ModelFile } from '../../graph/facts.js';
import { described } from '../../graph/format/tensors.js';
import { isOnePerWindow } from '../../graph/layout.js';
import { type Fit, missingPx } from '../fit.js';
import type { MeasuredModel } from '../measure.js';
import { contradiction, type StatedCard, saying } from './stated.js';

type ScoreFields = Pick<Model, 'channels' | 'activation' | 'exclusive' | 'squash'>;

/**
 * Resolves what the scores mean: as the card or flags say if that agrees with the graph's ending and the measurement,
 * otherwise as these tell. Adds to `notes` what was assumed.
 *
 * @throws {SegtileError} `model` that names both sides if a mask would come out wrong, or the flag to use if nothing
 *   decides
 */
export function resolveScores(file: ModelFile, stated: StatedCard, notes: string[], measured: MeasuredModel): ScoreFields {
  const { card } = stated;
  const channels = file.channels ?? measured.scores.channels;
  if (file.ending?.activation === 'softmax' && channels === 1 && file.ending.removable)
    throw new SegtileError(
      'model',
      `${file.path} ends in a softmax over 1 channel, which is 1 for every pixel`,
      'export the model without its last activation, and set activation sigmoid',
    );
  if (measured.meaning.kind === 'same') throw sameEverywhere(file, measured);
  const scores = file.ending
    ? endedScores(file, stated, channels, notes, measured)
    : { channels, ...measuredScores(file, stated, channels, notes, measured) };
  if (scores.activation === 'softmax' && channels === 1)
    throw contradiction(file, stated, 'activation', `${described(file.scores, 'output')} of ${file.path} has 1 channel`);
  const found = measured.meaning.kind === 'probabilities' ? measured.meaning.exclusive : undefined;
  if (card.exclusive !== undefined && found !== undefined && channels > 1 && card.exclusive !== found)
    notes.push(
      `warning: ${saying(stated, 'exclusive')} but the probabilities of a pixel ${found ? 'sum to 1' : 'do not sum to 1'}`,
    );
  return scores;
}

/**
 * The scores of a graph that ends in an activation. A card that names the same activation is right; it is just not applied
 * a second time.
 */
function endedScores(
  file: ModelFile,
  stated: StatedCard,
  channels: number,
  notes: string[],
  measured: MeasuredModel,
): ScoreFields {
  const { activation, removable } = file.ending!;
  const { card } = stated;
  if (card.activation && card.activation !== 'none' && card.activation !== activation)
    throw contradiction(file, stated, 'activation', `the graph of ${file.path} ends in ${activation} already`);
  const again =
    card.activation === activation
      ? `, which ${stated.by('activation')} ${stated.by('activation') === 'the card' ? 'says' : 'say'} too`
      : '';
  notes.push(`the graph ends in ${activation}: activation none${again}`);
  const found = measured.meaning.kind === 'probabilities' ? measured.meaning.exclusive : activation === 'softmax';
  const exclusive = channels > 1 && (card.exclusive ?? found);
  return { channels, activation: 'none', exclusive, ...(removable && { squash: activation }) };
}

function measuredScores(
  file: ModelFile,
  stated: StatedCard,
  channels: number,
  notes: string[],
  measured: MeasuredModel,
): Omit<ScoreFields, 'channels'> {
  const { card } = stated;
  const asked = card.activation;
  const { meaning } = measured;
  const scoresOf = `the scores of ${file.path}`;
  const span = `from ${short(measured.range[0])} to ${short(measured.range[1])}`;
  const usual = channels === 1 ? 'sigmoid' : 'softmax';
  if (meaning.kind === 'probabilities') {
    if (asked && asked !== 'none')
      throw contradiction(
        file,
        stated,
        'activation',
        `${scoresOf} are probabilities already: ${span}, whatever the network is shown`,
        'leave out activation, or set it to none',
      );
    const how =
      channels === 1 ? '' : meaning.exclusive ? ' that sum to 1: classes exclude each other' : ' of independent classes';
    if (file.decision !== undefined)
      notes.push(`the graph ends in ${file.decision}: labels without scores, which only --blend none can use`);
    else if (!asked) notes.push(`activation none: the scores are probabilities${how} (${span}, whatever is shown)`);
    return { activation: 'none', exclusive: channels > 1 && (card.exclusive ?? meaning.exclusive) };
  }
  if (meaning.kind === 'log-softmax') {
    if (asked && asked !== 'softmax')
      throw contradiction(
        file,
        stated,
        'activation',
        `${scoresOf} are logarithms of probabilities that sum to 1`,
        'leave out activation, or set it to softmax, which undoes the logarithm',
      );
    if (!asked) notes.push('activation softmax: the scores are logarithms of probabilities that sum to 1');
    return { activation: 'softmax', exclusive: card.exclusive ?? true, squash: 'softmax' };
  }
  if (meaning.kind === 'unknown' && !asked)
    throw new SegtileError(
      'model',
      `${scoresOf} are neither clearly probabilities nor clearly logits: ${span}; ${meaning.why}`,
      'give --activation sigmoid, softmax or none, or activation in the card',
    );
  if (!asked) notes.push(logitsNote(file, usual, span));
  // Scores that stay near 0..1 may be thresholded as they are.
  if (asked === 'none' && meaning.kind === 'logits' && (measured.range[0] < -0.5 || measured.range[1] > 1.5))
    notes.push(`warning: ${saying(stated, 'activation')} but ${scoresOf} look like logits: ${span}`);
  const activation = asked ?? usual;
  const exclusive = channels > 1 && (card.exclusive ?? activation !== 'sigmoid');
  return { activation, exclusive, ...(activation !== 'none' && { squash: activation }) };
}

/** Says why the scores are taken for logits. Nothing tells whether several of them exclude each other. */
function logitsNote(file: ModelFile, usual: 'sigmoid' | 'softmax', span: string): string {
  const why = file.linear ? 'the graph ends linearly' : `the scores go ${span}`;
  return usual === 'sigmoid' ? `activation sigmoid: logits, as ${why}` : `activation softmax assumed: logits, as ${why}`;
}

function sameEverywhere(file: ModelFile, { range }: MeasuredModel): SegtileError {
  return new SegtileError(
    'model',
    `${file.path} gives the same score everywhere, ${short(range[0])}, whatever it is shown: the range or layout of its input is probably wrong`,
    'give --scale, --mean, --std or --layout as the network was trained, or export it again',
  );
}

function short(value: number | null): string {
  return value === null ? 'nothing' : String(Number(value.toPrecision(3)));
}

/**
 * Resolves whether the network classifies whole windows, which is measured.
 *
 * @throws {SegtileError} `model` if the card says otherwise
 */
export function resolveTask(file: ModelFile, stated: StatedCard, notes: string[], measured: MeasuredModel): Model['task'] {
  const { window, scores } = measured;
  const task = isOnePerWindow(scores, window) ? 'classification' : 'segmentation';
  if (file.cam) {
    const { bent } = file.cam;
    const exact =
      bent.length === 0 ? 'its mean is the score of the window' : `its mean is not, as the head has ${bent.join(', ')}`;
    notes.push(`class activation: the scores of the classifier's head at each place of its last feature map; ${exact}`);
    return 'segmentation';
  }
  const sizes = `${scores.width} × ${scores.height} scores for a window of ${window.width} × ${window.height} px`;
  if (stated.card.task !== undefined && stated.card.task !== task)
    throw contradiction(file, stated, 'task', `${file.path} gives ${sizes}`, 'leave out task: it is measured');
  if (task === 'classification') notes.push('classifies: one score a class for a whole window, measured');
  if (task === 'classification' && stated.card.crop !== undefined && stated.card.crop !== 0)
    throw contradiction(file, stated, 'crop', `${file.path} gives ${sizes}`);
  return task;
}

/**
 * Resolves where the scores lie in the window: as the card or flags say, otherwise as measured.
 *
 * @throws {SegtileError} `model` that names the flag to use if it could not be measured
 */
export function resolveFit(
  file: ModelFile,
  stated: StatedCard,
  notes: string[],
  measured: MeasuredModel,
): Pick<Model, 'fit' | 'crop'> {
  const { crop } = stated.card;
  const { fit, window, scores } = measured;
  if (typeof crop === 'object') {
    const part: Fit = { factor: 1, crop };
    return { fit: part, crop: missingPx(part, window, scores) };
  }
  if (crop !== undefined) return crop === 0 ? {} : { fit: { factor: 1, crop: 'centre' }, crop };
  if (fit === undefined) return {};
  const sizes = `${scores.width} × ${scores.height} scores for a window of ${window.width} × ${window.height} px`;
  if (fit === null || fit === 'off the centre')
    throw new SegtileError(
      'model',
      `${file.path} gives ${sizes}, and where they lie could not be measured${fit === null ? '' : ', only that they are not at its centre'}`,
      'give --crop 0 if they are a coarser map of the whole window, else --crop with the px that they lack on each side, or LEFT,TOP',
    );
  const missing = missingPx(fit, window, scores);
  if (missing === 0) {
    notes.push(`one score for ${fit.factor} × ${fit.factor} px, measured`);
    return {};
  }
  const factor = fit.factor === 1 ? '' : `, one for ${fit.factor} × ${fit.factor} px`;
  const where =
    fit.crop === 'centre' ? 'the centre' : `a part ${fit.crop.left} px from the left and ${fit.crop.top} px from the top`;
  notes.push(`the scores are ${where} of the window (${sizes}${factor}): margin at least ${missing} px, border mirrored`);
  return { fit, crop: missing };
}
