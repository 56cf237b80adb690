import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import type { Size } from '../../types.js';
import { type Card, readCard } from '../card/card.js';
import type { Model } from '../card/model.js';
import { resolveModel } from '../card/resolve.js';
import { factsOf, type ModelFile, networkDigest } from '../graph/facts.js';
import { readAdapted, readNetworkFile } from '../graph/read.js';
import { placeWeights } from '../graph/weights.js';
import { cardIn, cardOfOthers, networkIn, requireDescribed } from '../packages/find.js';
import type { PackageCard } from '../packages/package.js';
import { createThreads } from '../sessions/threads.js';
import { keptModels, remembered } from './cache.js';
import { type Measurable, type MeasuredModel, measureNetwork } from './measure.js';
import { resolveInput } from './resolve-input.js';
import { type StatedCard, statedCard } from './stated.js';

/** A network, what is said of it and what it was seen to do. */
export interface OpenedModel {
  readonly file: ModelFile;
  readonly card: Card | undefined;
  /** What others wrote of it, where that is the card; and the folder of the package that it is in. */
  readonly others?: PackageCard | undefined;
  readonly folder: string;
  readonly measured: MeasuredModel;
  readonly model: Model;
}

/**
 * Reads a network and its card, looks at what it gives, and puts it all together.
 *
 * @param path of the network, or of a folder or ZIP that holds one with its description
 * @param cardPath a card at another place than beside the network
 * @throws {SegtileError} as {@link readNetworkFile}, {@link readCard}, {@link factsOf}, {@link measureModel} and {@link resolveModel}
 */
export async function openModel(
  path: string,
  flags: Card = {},
  { cardPath, windows = [], signal }: { cardPath?: string | undefined; windows?: readonly Size[]; signal?: AbortSignal } = {},
): Promise<OpenedModel> {
  const { network, folder, card, others } = await readDescribed(path, cardPath, signal);
  const file = await factsOf(network, flags.output ?? card?.output, signal);
  const measured = await measureModel(file, card, flags, { windows, signal });
  const model = resolveModel(file, card, flags, measured);
  const notes = others ? [`card: ${others.from}`, ...others.notes, ...model.notes] : model.notes;
  return { file, card, others, folder, measured, model: { ...model, notes } };
}

/** Reads a network and what is said of it, be it by its own card or in the way of others. */
async function readDescribed(path: string, cardPath: string | undefined, signal: AbortSignal | undefined) {
  const found = (await networkIn(path, signal)) ?? { path, folder: dirname(path) };
  const network = await readNetworkFile(found.path, signal);
  const named = cardPath === undefined ? undefined : await cardIn(cardPath);
  const own = named ? undefined : await readCard(network, cardPath);
  const others = own ? undefined : (named ?? found.card ?? (await cardOfOthers(network)));
  if (others) requireDescribed(network, others);
  return { network, folder: found.folder, card: own ?? others?.card, others };
}

/**
 * Tells a model from others wherever it lies: the digest of its network and its weights, and one of what is said of it. It is not run.
 *
 * @throws {SegtileError} as {@link readNetworkFile} and {@link readCard}
 */
export async function modelIdentity(path: string, cardPath: string | undefined, signal: AbortSignal): Promise<string> {
  const { network, card } = await readDescribed(path, cardPath, signal);
  const own = await networkDigest(network, signal);
  return card ? `${own} card ${createHash('sha256').update(JSON.stringify(card)).digest('hex').slice(0, 32)}` : own;
}

/**
 * Looks at what a network gives for images, and for what is none, on the CPU; see {@link MeasuredModel}. What was found is kept, and is there at once the next time.
 *
 * @param windows that it may be tried with, should none of the usual do
 * @throws {SegtileError} `model` where card and flags contradict the file, or the network does not run
 */
export async function measureModel(
  file: ModelFile,
  card: Card | undefined,
  flags: Card = {},
  { windows = [], signal }: { windows?: readonly Size[]; signal?: AbortSignal | undefined } = {},
): Promise<MeasuredModel> {
  const network = measurable(file, statedCard(card, flags), windows);
  const { path: _, ...circumstances } = network;
  return remembered(keptModels, file.sha256, circumstances, async () => {
    const placed = placeWeights(await readAdapted(file.path, file.output, signal), file.path);
    const threads = createThreads();
    return measureNetwork(placed, network, threads).finally(threads.dismiss);
  });
}

/** What a measurement needs to know of a network. */
export function measurable(file: ModelFile, said: StatedCard, windows: readonly Size[]): Measurable {
  const input = resolveInput(file, said, []);
  const { scale, mean, std, standardize, crop, window } = said.card;
  const wants = file.beginning?.wants;
  const suggested = [...(window === undefined ? [] : [{ width: window, height: window }]), ...windows];
  return {
    ...input,
    path: file.path,
    image: file.image,
    scores: file.scores,
    ending: file.ending,
    linear: file.linear,
    decision: file.decision,
    gain: file.beginning?.gain,
    isScaled: (scale ?? mean ?? std ?? standardize ?? wants) !== undefined,
    isFitted: crop !== undefined,
    windows: suggested,
  };
}
