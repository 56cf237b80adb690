import { SegtileError } from '../../errors.js';
import { shownPath } from '../../io/location.js';
import type { Model } from '../../model/card/model.js';
import { openModel } from '../../model/measured/open-model.js';
import { emptyLabelCount, labelRows } from '../../plan/labels/labels.js';
import type { Slide } from '../../slide/slide.js';
import type { RasterRows, Size } from '../../types.js';
import { wholeSlide } from '../infer/scores/whole-slide.js';
import { labelRule } from '../prepare/thresholds.js';
import { autoMask } from './auto-mask.js';
import type { TissueJudge } from './found-tissue.js';

/** The meaning of the classes of a network that finds tissue, and the device it runs on. */
export interface TissueFlags {
  /** The classes of the network that are tissue. */
  readonly tissueClass?: readonly string[] | undefined;
  /**
   * The classes of the network that are not tissue, whatever else finds it there. If no class is named as tissue, these
   * are removed from the tissue that `auto` finds.
   */
  readonly artefactClass?: readonly string[] | undefined;
  readonly device?: string | undefined;
  readonly workers?: number | undefined;
}

/** The meaning of a label of the network. */
interface ClassMeaning {
  readonly tissue: readonly number[];
  readonly artefacts: readonly number[];
}

/**
 * Finds tissue with a network. It is run over the whole slide at its own resolution. A pixel of the overview is tissue
 * if any pixel of the network under it is. Labels are handled row by row, so memory never grows with the size of the
 * network's image.
 */
export function tissueNetwork(path: string, flags: TissueFlags): TissueJudge {
  return async (slide, overview, signal) => {
    const { model } = await openModel(path, {}, { signal });
    const meaning = meaningOf(model, flags);
    const mpp = resolutionOf(model, slide);
    const isTissue = judgedLabels(meaning);
    const { device, workers } = flags;
    const mask = new Uint8Array(overview.width * overview.height);
    const { view, scores } = wholeSlide(model, slide, { kind: 'mpp', mpp }, { device, workers }, signal);
    const rule = labelRule(model, model.path, undefined);
    for await (const rows of scores())
      mark(mask, overview, labelRows(rows, view.width, rule, emptyLabelCount()), view, isTissue);
    const named = (labels: readonly number[]) =>
      model.classes.flatMap(({ label, name }) => (labels.includes(label) ? [name] : [])).join(',');
    const facts = { method: 'network', file: shownPath(path), sha256: model.sha256, mpp };
    if (meaning.tissue.length > 0) return { mask, facts: { ...facts, classes: named(meaning.tissue) } };
    const auto = await autoMask(slide, overview, signal);
    for (let i = 0; i < mask.length; i++) if (auto.mask[i] === 0) mask[i] = 0;
    return { ...auto, mask, facts: { ...auto.facts, ...facts, artefacts: named(meaning.artefacts) } };
  };
}

/**
 * @throws {SegtileError} `usage` for a class that the network does not have, or if it has several and no option says
 *   which is tissue
 */
function meaningOf({ classes, path }: Model, { tissueClass = [], artefactClass = [] }: TissueFlags): ClassMeaning {
  const labelOf = (option: string) => (name: string) => {
    const found = classes.find((each) => each.name === name);
    if (found) return found.label;
    throw new SegtileError(
      'usage',
      `${path} has no class "${name}" for ${option}`,
      `its classes are: ${classes.map((each) => each.name).join(', ')}`,
    );
  };
  const tissue = tissueClass.map(labelOf('--tissue-class'));
  const artefacts = artefactClass.map(labelOf('--artefact-class'));
  if (tissue.length > 0 || artefacts.length > 0) return { tissue, artefacts };
  if (classes.length === 1) return { tissue: [classes[0]!.label], artefacts };
  throw new SegtileError(
    'usage',
    `${path} judges tissue, but has ${classes.length} classes: ${classes.map((each) => each.name).join(', ')}`,
    'name those that are tissue with --tissue-class, or those that are not with --artefact-class',
  );
}

function judgedLabels({ tissue, artefacts }: ClassMeaning): Uint8Array {
  const isTissue = new Uint8Array(256).fill(tissue.length > 0 ? 0 : 1);
  for (const label of tissue) isTissue[label] = 1;
  for (const label of artefacts) isTissue[label] = 0;
  return isTissue;
}

/** @throws {SegtileError} `usage` if the resolution of the network or of the slide is not known */
function resolutionOf({ mpp, path }: Model, slide: Slide): number {
  if (mpp === undefined)
    throw new SegtileError(
      'usage',
      `${path} judges tissue, but does not say at how many µm per pixel it works`,
      'write it into its card, such as "mpp": 8; segtile info --write-card makes one',
    );
  if (slide.mpp !== undefined) return mpp;
  throw new SegtileError(
    'usage',
    `${path} judges tissue at ${mpp} µm per pixel, but ${slide.path} does not say how large its pixels are`,
    'give the size of a level-0 pixel with --slide-mpp, for example --slide-mpp 0.5',
  );
}

/** Marks every pixel of the overview that covers a tissue pixel of the network. */
function mark(mask: Uint8Array, overview: Size, rows: RasterRows, size: Size, isTissue: Uint8Array): void {
  const across = overview.width / size.width;
  const down = overview.height / size.height;
  for (let row = 0; row < rows.height; row++) {
    const y = rows.y + row;
    const top = Math.floor(y * down);
    const bottom = Math.min(overview.height, Math.max(top + 1, Math.ceil((y + 1) * down)));
    for (let x = 0; x < rows.width; x++) {
      if (isTissue[rows.data[row * rows.width + x]!] === 0) continue;
      const left = Math.floor(x * across);
      const right = Math.min(overview.width, Math.max(left + 1, Math.ceil((x + 1) * across)));
      for (let to = top; to < bottom; to++) mask.fill(1, to * overview.width + left, to * overview.width + right);
    }
  }
}
