import { stat } from 'node:fs/promises';
import { SegtileError } from '../../errors.js';
import { writeWhole } from '../../io/partial-file.js';
import type { Card } from '../../model/card/card.js';
import { cardPath } from '../../model/card/card.js';
import { type Model, modelPixels } from '../../model/card/model.js';
import { described } from '../../model/graph/format/tensors.js';
import type { MeasuredModel } from '../../model/measured/measure.js';
import { type OpenedModel, openModel } from '../../model/measured/open-model.js';
import { leadsToZip } from '../../model/packages/archive.js';
import { checkPackage, type SelfCheck, type Unchecked } from '../../model/packages/self-check.js';
import { figure, pairs } from '../../terminal/format.js';

/** What is known about a model: `facts` for programs, `text` for people. */
export interface ModelDescription {
  readonly facts: object;
  readonly text: string;
  /** 1 if the test in the model's package fails, else 0. */
  readonly exitCode: 0 | 1;
}

/** What to do with a model besides describing it. */
interface ModelQuestions {
  /** Whether to write what was found as a card beside the model, for the user to edit. */
  readonly writeCard?: boolean;
  /** Whether to run the test in the model's package, if there is one. */
  readonly check?: boolean;
  /** The name of the output to describe, if the model has several. */
  readonly modelOutput?: string;
}

/**
 * Reads a model, runs it to see its output, and describes it.
 *
 * @param path path of the model or its package
 * @throws {SegtileError} the errors of {@link openModel}; with `writeCard`, `usage` for a model in a ZIP, and `output`
 *   if there is a card already
 */
export async function describeModel(
  path: string,
  { writeCard = false, check = false, modelOutput }: ModelQuestions,
  signal: AbortSignal,
): Promise<ModelDescription> {
  const opened = await openModel(path, modelOutput === undefined ? {} : { output: modelOutput }, { signal });
  const { file, card, others, measured, model } = opened;
  const checked = check ? await checkPackage(opened, signal) : undefined;
  const written = writeCard ? await saveCard(opened, path) : undefined;
  const facts = {
    kind: 'model',
    ...model,
    card: card ?? null,
    measured,
    ...(written && { written }),
    ...(checked && { check: checked }),
  };
  const text = pairs([
    ['name', model.name],
    ['input', described(file.image, 'input')],
    ['takes', takesText(model)],
    ['output', described(file.scores, 'output')],
    ...(model.task === 'classification' ? [['task', 'classifies whole windows'] as const] : []),
    ['gives', givesText(measured)],
    ['card', others?.from ?? (card ? 'yes' : 'none: see the notes for what is assumed')],
    ['window', windowText(model)],
    ['mpp', model.mpp === undefined ? 'not stated: runs on level 0 unless told otherwise' : `${figure(model.mpp)} µm/px`],
    ['activation', model.activation],
    ...model.classes.map((each) => [`label ${each.label}`, classText(each, model)] as const),
    ['sha256', model.sha256],
    ...model.notes.map((note) => ['note', note] as const),
    ...(written === undefined ? [] : [['written', written] as const]),
    ...(checked === undefined ? [] : [['check', checkText(checked)] as const]),
  ]);
  return { facts, text, exitCode: checked && 'isNear' in checked && !checked.isNear ? 1 : 0 };
}

function checkText(check: SelfCheck | Unchecked): string {
  if ('why' in check) return `not made: ${check.why}`;
  const { difference, numbers, isNear } = check;
  const words = `its test tensor gives the expected output within ${difference.toExponential(1)} (${numbers} numbers)`;
  return isNear
    ? `ok, ${words}`
    : `bad: the output for its test tensor is up to ${difference.toExponential(1)} away from the expected one`;
}

/** Describes the scores that the model gave: their kind, range and size. */
function givesText({ meaning, range, window, scores }: MeasuredModel): string {
  const kinds = {
    probabilities: 'probabilities',
    logits: 'logits',
    'log-softmax': 'logarithms of probabilities',
    same: 'the same everywhere',
    unknown: 'scores',
  } as const;
  const [from, to] = range.map((value) => (value === null ? 'nothing' : figure(value)));
  const sizes = `${scores.width} × ${scores.height} for ${window.width} × ${window.height} px`;
  return `${kinds[meaning.kind]}, seen from ${from} to ${to}, ${sizes}`;
}

async function saveCard({ file, card, model }: OpenedModel, given: string): Promise<string> {
  if (await leadsToZip(given))
    throw new SegtileError('usage', `${given} has no place for a card`, 'unpack it, and name the network in it');
  const path = cardPath(file.path);
  if (await stat(path).catch(() => undefined))
    throw new SegtileError('output', `${path} is there already`, 'edit it, or move it away to have it written again');
  const json = JSON.stringify(cardOf(model, card ?? {}), null, 2);
  // Puts lists of numbers on one line.
  const text = `${json.replace(/\[[\s\d.,e-]+\]/g, (list) => list.replace(/\s+/g, ' '))}\n`;
  await writeWhole(path, (part) => part.append(Buffer.from(text)), { replace: false });
  return path;
}

/** Everything that is known about a model, in the form of a card. */
function cardOf(model: Model, card: Card): Card {
  const { name, layout, color, samples, normalize, activation, exclusive, channels, classes, crop, mpp, window } = model;
  const { stride, margin, output } = model;
  const { scale, mean, std } = card;
  const range =
    normalize === 'window' || (typeof normalize === 'object' && 'axes' in normalize)
      ? { standardize: normalize }
      : normalize === 'none'
        ? {}
        : { scale: scale ?? normalize.gain[0]! * (std?.[0] ?? 1), mean: mean ?? [0], std: std ?? [1] };
  return {
    name,
    ...(model.task === 'classification' && { task: model.task }),
    layout,
    color,
    ...(samples !== 'uint8' && { samples }),
    ...range,
    ...(output !== undefined && { output }),
    activation,
    ...(channels > 1 && { exclusive }),
    classes: classes.map(({ name: called, color: shown, threshold }) => ({
      name: called,
      color: shown,
      ...(threshold !== undefined && { threshold }),
    })),
    ...(mpp !== undefined && { mpp }),
    ...(window !== undefined && { window }),
    ...(stride !== undefined && { stride }),
    ...(margin !== undefined && { margin }),
    ...(crop !== undefined && model.fit?.factor === 1 && { crop: model.fit.crop === 'centre' ? crop : model.fit.crop }),
  };
}

function takesText({ color, depth, samples }: Model): string {
  if (modelPixels({ color, depth, samples }).kind === 'picture') return `the picture, as ${color} of 8 bits`;
  return `${depth} channel${depth === 1 ? '' : 's'} of the slide as ${samples}`;
}

function windowText({ fixedWindow, window, margin }: Model): string {
  const margins = margin === undefined ? '' : `, margin ${margin} px`;
  if (fixedWindow) return `${fixedWindow.width} × ${fixedWindow.height} px, fixed by the network${margins}`;
  return `${window === undefined ? 'any' : `any, ${window} px suggested`}${margins}`;
}

function classText({ name, color, threshold }: Model['classes'][number], { exclusive }: Model): string {
  const rule = threshold === undefined ? (exclusive ? 'where its score is the largest' : 'above 0.5') : `above ${threshold}`;
  return `${name}, rgb(${color.join(', ')}), ${rule}`;
}
