import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import type { Size } from '../../types.js';
import { type Card, readCard } from '../card/card.js';
import type { Model } from '../card/model.js';
import { resolveModel } from '../card/resolve.js';
import { factsOf, type ModelFile, networkDigest } from '../graph/facts.js';
import { placeWeights } from '../graph/format/weights.js';
import { readAdapted, readNetworkFile } from '../graph/read.js';
import { cardIn, cardOfOthers, networkIn, requireDescribed } from '../packages/find.js';
import type { PackageCard } from '../packages/package.js';
import { createThreads } from '../sessions/threads.js';
import { keptModels, remembered } from './cache.js';
import { type Measurable, type MeasuredModel, measureNetwork } from './measure.js';
import { resolveInput } from './resolved/resolve-input.js';
import { type StatedCard, statedCard } from './resolved/stated.js';

/** A network, what is stated about it and what was measured. */
export interface OpenedModel {
  readonly file: ModelFile;
  readonly card: Card | undefined;
  /** The description in a foreign format, if the card comes from one; and the folder of the package that the network is in. */
  readonly others?: PackageCard | undefined;
  readonly folder: string;
  readonly measured: MeasuredModel;
  readonly model: Model;
}

/**
 * Reads a network and its card, measures what the network gives, and combines everything into a model.
 *
 * @param path of the network, or of a folder or ZIP that holds one with its description
 * @param cardPath path of a card that is not beside the network
 * @param windows further sizes to try the network with, such as the one that the user asks for
 * @throws {SegtileError} as {@link readNetworkFile}, {@link readCard}, {@link factsOf}, {@link measureModel} and
 *   {@link resolveModel}
 */
export async function openModel(
  path: string,
  flags: Card = {},
  { cardPath, windows = [], signal }: { cardPath?: string | undefined; windows?: readonly Size[]; signal?: AbortSignal } = {},
): Promise<OpenedModel> {
  const { network, folder, card, others } = await readDescribed(path, cardPath, signal);
  const file = await factsOf(network, { output: flags.output ?? card?.output, cam: flags.cam ?? card?.cam }, signal);
  const measured = await measureModel(file, card, flags, { windows, signal });
  const model = resolveModel(file, card, flags, measured);
  const notes = others ? [`card: ${others.from}`, ...others.notes, ...model.notes] : model.notes;
  return { file, card, others, folder, measured, model: { ...model, notes } };
}

/** Reads a network and its description, which is its own card or one in a foreign format. */
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
 * An identifier of a model that does not depend on where it is stored: the digest of its network and weights, and a digest
 * of its card. The network is not run.
 *
 * @throws {SegtileError} as {@link readNetworkFile} and {@link readCard}
 */
export async function modelIdentity(path: string, cardPath: string | undefined, signal: AbortSignal): Promise<string> {
  const { network, card } = await readDescribed(path, cardPath, signal);
  const own = await networkDigest(network, signal);
  return card ? `${own} card ${createHash('sha256').update(JSON.stringify(card)).digest('hex').slice(0, 32)}` : own;
}

/**
 * Measures on the CPU what a network gives for images and for windows that are not images; see {@link MeasuredModel}. The
 * result is cached, so the next call for the same network returns at once.
 *
 * @param windows further sizes to try the network with, such as the one that the user asks for
 * @throws {SegtileError} `model` if the card and flags contradict the file, or if the network does not run
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
    const placed = placeWeights(
      await readAdapted(file.path, { output: file.output, cam: file.cam !== undefined }, signal),
      file.path,
    );
    const threads = createThreads();
    return measureNetwork(placed, network, threads).finally(threads.dismiss);
  });
}

/** Collects what a measurement needs to know about a network. */
export function measurable(file: ModelFile, stated: StatedCard, windows: readonly Size[]): Measurable {
  const input = resolveInput(file, stated, []);
  const { scale, mean, std, standardize, crop, window } = stated.card;
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
