import type { ReportTable, Section } from '../../report/page.js';
import { sizeChart } from '../../report/size-chart.js';
import type { ObjectFacts } from './facts.js';

const WHOLES = ['slide', 'tissue', 'region'] as const;

/** The report sections on objects: a table by class, and histograms of their sizes. */
export function objectSections({ classes }: Pick<ObjectFacts, 'classes'>): Section[] {
  const charts = classes.flatMap(({ name, sizes }) =>
    sizes === null ? [] : [sizeChart({ name, ...sizes }, sizes.unit === 'um2' ? 'µm²' : 'px')],
  );
  return [
    { kind: 'table', title: 'Objects', table: objectTable(classes) },
    ...(charts.length === 0 ? [] : [{ kind: 'charts', title: 'Sizes of objects', charts } as const]),
  ];
}

function objectTable(classes: ObjectFacts['classes']): ReportTable {
  const sized = classes.every(({ areaUm2 }) => areaUm2 !== null);
  const unit = sized ? 'µm²' : 'px';
  const wholes = WHOLES.filter((whole) => classes.some(({ of }) => of[whole] !== null));
  const per = sized ? wholes : [];
  const number = (value: number | null) =>
    value === null ? { text: '–' } : { text: String(Number(value.toPrecision(3))), value };
  const share = (value: number | null) =>
    value === null ? { text: '–' } : { text: `${Number((100 * value).toPrecision(3))} %`, value };
  const figures = [
    'objects',
    ...per.map((whole) => `per mm² of ${whole}`),
    ...(sized ? ['mm²'] : ['px']),
    ...wholes.map((whole) => `share of the ${whole}`),
    `mean ${unit}`,
    `median ${unit}`,
  ];
  return {
    caption: 'Objects of each class, and how large one is',
    columns: [{ name: 'class', kind: 'words' }, ...figures.map((name) => ({ name, kind: 'figures' }) as const)],
    rows: classes.map((each) => ({
      cells: [
        { text: each.name },
        { text: String(each.count), value: each.count },
        ...per.map((whole) => number(each.perMm2[whole])),
        number(each.areaUm2 === null ? each.areaPx : each.areaUm2 / 1e6),
        ...wholes.map((whole) => share(each.of[whole])),
        number(sized ? each.meanAreaUm2 : each.meanAreaPx),
        number(sized ? each.medianAreaUm2 : each.medianAreaPx),
      ],
    })),
  };
}
