import type { Augmentation } from '../../augment/steps.js';
import { type CopyTotals, type Statistics, statisticsOf, type Totals } from '../../dataset/totals.js';
import type { RecordHead } from '../../dataset/work.js';
import type { SamplerReport } from '../../plan/sampling/sampling.js';
import type { MaskClass, Size } from '../../types.js';
import { versions } from '../records/machine.js';
import type { TissueFacts } from '../tissue/found-tissue.js';
import { type SharedPatients, type SlideTiles, sharedPatients } from './split.js';

/** A slide that gave no tiles because of an error. */
export interface SlideFailure {
  readonly slide: string;
  readonly message: string;
}

/** The entry of a slide in `dataset.json`. */
export interface SlideFacts {
  readonly name: string;
  readonly path: string;
  readonly truth: string;
  readonly patient: string | null;
  readonly group: string;
  readonly size: Size;
  readonly working: Size & { readonly downsample: number };
  /** How the file was read if it can be read in more than one way, and what looks wrong with it. */
  readonly notes: readonly string[];
  readonly tissue: TissueFacts;
  readonly samplers: readonly (SamplerReport & { readonly acceptance: number | null })[];
  /** Windows that were left out because they are too close to another part of the dataset. */
  readonly guarded: number;
  readonly tiles: number;
  /** The number of changed copies, not counted as tiles. */
  readonly copies: number;
}

/** The content of `dataset.json`. */
export interface DatasetRecord {
  readonly command: readonly string[];
  readonly versions: Readonly<Record<string, string>>;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly classes: readonly MaskClass[];
  /** The number of tiles, without copies. */
  readonly tiles: number;
  /** The augmentation settings, and how many copies were made and how often each kind of step was applied. */
  readonly augmentation: (Augmentation & { readonly made: CopyTotals }) | null;
  readonly slides: readonly SlideFacts[];
  /** The number of patients, and the patients with tiles in several parts or folds; null if no patients are known. */
  readonly patients: SharedPatients | null;
  /**
   * Statistics of all tiles and of those of each part, without copies. For training, use the weights of the part that
   * is trained on.
   */
  readonly statistics: Readonly<Record<string, Statistics>>;
  readonly weights: string;
  readonly failures: readonly SlideFailure[];
}

/** The facts from which the record of a dataset is made. */
interface DatasetFacts {
  readonly command: readonly string[];
  readonly settings: Readonly<Record<string, unknown>>;
  readonly classes: readonly MaskClass[];
  /** The slides that were cut. */
  readonly done: readonly { readonly slide: SlideTiles; readonly head: RecordHead }[];
  /** Totals of `all` tiles and of those of each part. */
  readonly totals: ReadonlyMap<string, Totals>;
  readonly augmentation: Augmentation | undefined;
  readonly made: CopyTotals;
  readonly failures: readonly SlideFailure[];
}

/** The content of `dataset.json` for a finished dataset. */
export function datasetRecord({
  command,
  settings,
  classes,
  done,
  totals,
  augmentation,
  made,
  failures,
}: DatasetFacts): DatasetRecord {
  const shared = sharedPatients(done.map(({ slide }) => slide));
  return {
    command,
    versions: Object.fromEntries(Object.entries(versions()).filter(([name]) => ['segtile', 'node', 'sharp'].includes(name))),
    settings,
    classes,
    tiles: totals.get('all')!.tiles,
    augmentation: augmentation ? { ...augmentation, made: inOrder(made, augmentation) } : null,
    slides: done.map(({ slide, head }) => slideFacts(slide, head)),
    patients: shared.patients === 0 ? null : shared,
    statistics: Object.fromEntries([...totals].map(([split, part]) => [split, statisticsOf(part, classes)])),
    weights: 'median frequency balancing: median(f) / f, f = pixels of the class / pixels of the tiles that hold it',
    failures,
  };
}

/** The kinds of steps in the order in which they are applied, including those that were never applied. */
function inOrder({ copies, steps }: CopyTotals, augmentation: Augmentation): CopyTotals {
  const kinds = [...augmentation.steps.map(({ kind }) => kind), 'none'];
  return { copies, steps: Object.fromEntries(kinds.map((kind) => [kind, steps[kind] ?? 0])) };
}

/** The record entry of a finished slide. */
export function slideFacts({ survey, guarded }: SlideTiles, { tiles, copies }: RecordHead): SlideFacts {
  const { slide, full, size, downsample, notes, warnings, tissue, reports } = survey;
  return {
    name: slide.name,
    path: slide.path,
    truth: slide.truthPath,
    patient: slide.patient ?? null,
    group: slide.group,
    size: full,
    working: { ...size, downsample },
    notes: [...notes, ...warnings],
    tissue,
    samplers: reports.map((report) => ({
      ...report,
      acceptance: report.tried > 0 ? Number((report.accepted / report.tried).toFixed(6)) : null,
    })),
    guarded,
    tiles,
    copies: copies.copies,
  };
}
