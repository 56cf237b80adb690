import type { ClassSummary } from '../../objects/summary.js';
import type { ObjectFacts } from '../../pipeline/objects/facts.js';
import type { MaskObjectRecord } from '../../pipeline/objects/mask-objects.js';
import { count, duration, figure, pairs, percent } from '../../terminal/format.js';
import type { Style } from '../../terminal/style.js';
import { table } from '../../terminal/table.js';

/** A table of the objects of each class. */
function summaryText(classes: readonly ClassSummary[]): string {
  const sized = classes.every(({ areaUm2 }) => areaUm2 !== null);
  const area = (px: number | null, um2: number | null): string => {
    const value = sized ? um2 : px;
    return value === null ? '-' : figure(value);
  };
  const unit = sized ? 'µm²' : 'px';
  const wholes = (['slide', 'tissue', 'region'] as const).filter((whole) => classes.some(({ of }) => of[whole] !== null));
  // Density refers to the most specific area that is known: the region, else the tissue, else the slide.
  const per = sized ? wholes.at(-1) : undefined;
  const rows = classes.map((each) => [
    each.name,
    count(each.count),
    ...(per === undefined ? [] : [figure(each.perMm2[per] ?? 0)]),
    sized ? figure(each.areaUm2! / 1e6) : count(each.areaPx),
    ...wholes.map((whole) => percent(each.of[whole] ?? 0)),
    area(each.meanAreaPx, each.meanAreaUm2),
    area(each.medianAreaPx, each.medianAreaUm2),
  ]);
  const head = [
    'class',
    'objects',
    ...(per === undefined ? [] : [`per mm² of ${per}`]),
    sized ? 'mm²' : 'px',
    ...wholes.map((whole) => `of the ${whole}`),
    `mean ${unit}`,
    `median ${unit}`,
  ];
  return table([head, ...rows], 1);
}

/** A line for objects that were not split or simplified as they should be; empty if there are none. */
function leftText({ classes, leftWhole, simplified }: ObjectFacts): string {
  const all = count(classes.reduce((sum, each) => sum + each.count, 0));
  const left = simplified?.unsimplified
    ? `  outlines that stay as they are in part, or they would cross themselves: ${count(simplified.unsimplified)} of ${all}\n`
    : '';
  return leftWhole ? `${left}  objects too large to be split: ${count(leftWhole)} of ${all}\n` : left;
}

/** The table of objects that ends the text of a run; empty if the run did not look for objects. */
export function runObjectsText(objects: ObjectFacts | null): string {
  return objects === null ? '' : `${summaryText(objects.classes)}\n${leftText(objects)}`;
}

/** The objects in a mask and the files that were written, for people. */
export function objectsText({ mask, objects, seconds }: MaskObjectRecord, recordPath: string, style: Style): string {
  const files = pairs([
    ['took', duration(seconds.total ?? 0)],
    ...objects.files.map(({ format, path }) => [format, style.good(path)] as const),
    ['record', style.good(recordPath)],
  ]);
  return `${style.strong(mask.path)}\n${runObjectsText(objects)}${files}\n`;
}
