import { SegtileError } from '../../errors.js';
import { type Block, blockOf, blocksAround, createRegions } from '../../plan/sampling/regions.js';
import type { Draw } from '../../plan/sampling/sampling.js';
import {
  type GroupWords,
  type SplitGroup,
  type SplitPlace,
  type SplitSettings,
  splitGroups,
} from '../../plan/sampling/split.js';
import type { Box, MaskClass } from '../../types.js';
import type { Survey } from './survey-slide.js';

/**
 * How a dataset is divided: by whole groups, or, if there are few slides, by regions of slides. Lengths are in working
 * pixels.
 */
export interface DivideSettings extends SplitSettings {
  readonly by: 'group' | { readonly side: number; readonly guard: number };
}

/** A window that becomes a tile, and its part and fold. */
export interface PlannedTile extends Draw {
  readonly split: string;
  readonly fold: number | undefined;
}

/** The tiles of a slide, from top to bottom, and left to right where `y` is the same. */
export interface SlideTiles {
  readonly survey: Survey;
  readonly tiles: readonly PlannedTile[];
  /** Windows that were left out because they are too close to another part of the dataset. */
  readonly guarded: number;
}

/**
 * The classes of all slides, by label.
 *
 * @throws {SegtileError} `input` if one label means different classes
 */
export function commonClasses(surveys: readonly Survey[]): MaskClass[] {
  const known = new Map<number, { readonly found: MaskClass; readonly path: string }>();
  for (const { classes, slide } of surveys) {
    for (const found of classes) {
      const other = known.get(found.label);
      if (other === undefined) known.set(found.label, { found, path: slide.truthPath });
      else if (other.found.name !== found.name) {
        throw new SegtileError(
          'input',
          `label ${found.label} is ${other.found.name} in ${other.path} but ${found.name} in ${slide.truthPath}`,
          'state which name has which label with --classes',
        );
      }
    }
  }
  return [...known.values()].map(({ found }) => found).sort((a, b) => a.label - b.label);
}

/**
 * Distributes the windows of all slides over the parts and folds of a dataset, with classes spread as evenly as whole
 * groups allow. Overlapping windows are never in different parts.
 *
 * @throws {SegtileError} `usage` if there are too few groups
 */
export function divideTiles(surveys: readonly Survey[], settings: DivideSettings): SlideTiles[] {
  const labels = commonClasses(surveys).map(({ label }) => label);
  const { by } = settings;
  if (by === 'group') {
    const places = splitGroups(
      groupsOf(surveys, labels, ({ slide }) => slide.group),
      settings,
      wholeGroups(surveys),
    );
    return surveys.map((survey) => {
      const place = places.get(survey.slide.group);
      return { survey, tiles: place ? survey.draws.map((draw) => ({ ...draw, ...place })) : [], guarded: 0 };
    });
  }
  const regions = new Map(surveys.map((survey) => [survey, createRegions(survey.size, by.side, by.guard)]));
  const name = ({ slide }: Survey, block: Block): string => `${slide.name}#${block}`;
  const groups = groupsOf(surveys, labels, (survey, box) => name(survey, blockOf(regions.get(survey)!, box)));
  const places = splitGroups(groups, settings, {
    what: 'regions',
    remedy: `make regions smaller than ${by.side} px with --region, or tiles with --window`,
  });
  return surveys.map((survey) => {
    const tiles = survey.draws.flatMap((draw) => {
      const around = blocksAround(regions.get(survey)!, boxOf(survey, draw)).map((block) => places.get(name(survey, block)));
      const place = common(around);
      return place ? [{ ...draw, ...place }] : [];
    });
    return { survey, tiles, guarded: survey.draws.length - tiles.length };
  });
}

function wholeGroups(surveys: readonly Survey[]): GroupWords {
  const what = surveys.every(({ slide }) => slide.group === slide.name) ? 'slides' : 'patients';
  return { what, remedy: `give more ${what}, or divide slides with --split-by region` };
}

/** Patients with tiles in more than one part or fold of a dataset. */
export interface SharedPatients {
  /** The number of known patients. */
  readonly patients: number;
  /** The patients that are in several parts, in the order of the slides. */
  readonly shared: readonly string[];
}

/**
 * Finds the patients that parts and folds of a dataset share. A model trained on one part has seen these patients of
 * the other part.
 */
export function sharedPatients(slides: readonly SlideTiles[]): SharedPatients {
  return sharedIn(
    slides.flatMap(({ survey: { slide }, tiles }) =>
      slide.patient === undefined
        ? []
        : tiles.map(({ split, fold }) => ({ patient: slide.patient!, place: `${split}/${fold ?? ''}` })),
    ),
  );
}

/** The same as {@link sharedPatients}, for tiles whose patient and place are known. */
export function sharedIn(tiles: Iterable<{ readonly patient: string; readonly place: string }>): SharedPatients {
  const places = new Map<string, Set<string>>();
  for (const { patient, place } of tiles) places.set(patient, (places.get(patient) ?? new Set()).add(place));
  const shared = [...places].filter(([, own]) => own.size > 1).map(([patient]) => patient);
  return { patients: places.size, shared };
}

function boxOf({ window }: Survey, { x, y }: Draw): Box {
  return { x, y, ...window };
}

/** Groups of windows, each with its pixels of each class and its number of windows. */
function groupsOf(
  surveys: readonly Survey[],
  labels: readonly number[],
  groupOf: (survey: Survey, box: Box) => string,
): SplitGroup[] {
  const groups = new Map<string, number[]>();
  for (const survey of surveys) {
    const slots = labels.map((label) => survey.classes.findIndex((each) => each.label === label));
    for (const draw of survey.draws) {
      const name = groupOf(survey, boxOf(survey, draw));
      const amounts = groups.get(name) ?? Array<number>(labels.length + 1).fill(0);
      slots.forEach((slot, i) => {
        amounts[i]! += slot < 0 ? 0 : draw.counts[slot]!;
      });
      amounts[labels.length]!++;
      groups.set(name, amounts);
    }
  }
  return [...groups].map(([name, amounts]) => ({ name, amounts }));
}

/** The part and fold that all places share; undefined if they differ. A region without windows has no place. */
function common(places: readonly (SplitPlace | undefined)[]): SplitPlace | undefined {
  const [first] = places;
  return places.every((each) => each && each.split === first?.split && each.fold === first.fold) ? first : undefined;
}
