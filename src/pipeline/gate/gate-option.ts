import { SegtileError } from '../../errors.js';
import { bundledModel } from '../../model/card/bundled.js';

/** A network and what it must find of its classes. */
export interface GateChoice {
  readonly path: string;
  /** One probability for the network's only class, or one for each class that is named. */
  readonly least: number | ReadonlyMap<string, number>;
}

/**
 * Parses a network with probabilities: `classifier.onnx:tumor=0.3`, `classifier.onnx:tumor=0.3,stroma=0.5`, or
 * `classifier.onnx:0.3` for a network of one class.
 *
 * @param option its name, for errors
 * @throws {SegtileError} `usage` for any other text
 */
export function parseGate(text: string, option: '--gate' | '--veto'): GateChoice {
  const [, file, said] = /^(.+):([^:\\/]+)$/.exec(text) ?? [];
  const parts = (said ?? '').split(',').map((part) => /^(?:(.*\S)\s*=)?\s*([\d.]+(?:e-?\d+)?)\s*$/i.exec(part.trim()));
  const pairs = parts.map((match) => [match?.[1], Number(match?.[2] ?? Number.NaN)] as const);
  const [first] = pairs;
  const isShare = pairs.every(([, value]) => value > 0 && value <= 1);
  const names = pairs.map(([name]) => name);
  const isPlain = pairs.length === 1 && first![0] === undefined;
  if (file === undefined || !isShare || (!isPlain && (names.includes(undefined) || new Set(names).size < names.length)))
    throw new SegtileError(
      'usage',
      `expected a network and probabilities above 0 for ${option} but got "${text}"`,
      'write it like classifier.onnx:tumor=0.3, or classifier.onnx:0.3 if it has one class',
    );
  const path = bundledModel(file);
  return { path, least: isPlain ? first![1] : new Map(pairs as [string, number][]) };
}
