import type { ListedRun } from '../../messages.js';
import { ask } from '../api.js';
import { fill, h } from '../dom.js';
import { chart } from './chart.js';

/** A dialog that shows the runs of the histories. */
export interface RunsDialog {
  readonly element: HTMLDialogElement;
  /** Reads the histories again and opens the dialog. */
  open(): Promise<void>;
}

/** A column of the table. */
interface Column {
  readonly name: string;
  readonly value: (run: ListedRun) => string | number | undefined;
}

/** Makes the dialog: a table that can be sorted by any column, a chart of a score, and the differences between two runs. */
export function runsDialog(): RunsDialog {
  const body = h('div', { class: 'runs' });
  const close = h('form', { method: 'dialog' }, h('button', {}, 'Close'));
  const element = h(
    'dialog',
    { class: 'wide', 'aria-labelledby': 'runs-title' },
    h('h2', { id: 'runs-title' }, 'Runs'),
    body,
    close,
  );
  return {
    element,
    async open() {
      const runs = await ask<readonly ListedRun[]>('runs');
      fill(body, ...runsView(runs));
      element.showModal();
    },
  };
}

function runsView(runs: readonly ListedRun[]): HTMLElement[] {
  const measures = [...new Set(runs.flatMap(({ scores }) => Object.keys(scores)))];
  const shown = measures.includes('dice') ? ['dice', ...measures.filter((each) => each !== 'dice')] : measures;
  const columns: Column[] = [
    { name: 'run', value: ({ id }) => id },
    { name: 'finished', value: ({ time }) => time.slice(0, 16).replace('T', ' ') },
    { name: 'slide', value: ({ slide }) => slide },
    { name: 'model', value: ({ settings }) => text(settings['model.name']) },
    { name: 'window', value: ({ settings }) => text(settings.window) },
    { name: 'stride', value: ({ settings }) => text(settings.stride) },
    { name: 'seconds', value: ({ measured }) => measured.seconds },
    ...shown.slice(0, 3).map((name): Column => ({ name, value: ({ scores }) => scores[name] })),
    { name: 'leaderboard', value: ({ leaderboard }) => leaderboard ?? undefined },
    { name: 'notes', value: ({ notes }) => notes.join('; ') },
  ];
  const differences = h('div', { 'aria-live': 'polite' });
  const chosen: ListedRun[] = [];
  const choose = (run: ListedRun, on: boolean): void => {
    const at = chosen.indexOf(run);
    if (at >= 0) chosen.splice(at, 1);
    if (on) chosen.push(run);
    const [a, b] = chosen.slice(-2);
    fill(
      differences,
      a && b ? differenceTable(a, b) : h('p', { class: 'quiet' }, 'Tick two runs to see what differs between them.'),
    );
  };
  choose(runs[0]!, false);
  const parts = [sortable(runs, columns, choose), differences];
  return measures.length > 0 ? [scoreChart(runs, shown), ...parts] : parts;
}

function scoreChart(runs: readonly ListedRun[], measures: readonly string[]): HTMLElement {
  const select = h(
    'select',
    { 'aria-label': 'score that is charted', onchange: () => draw() },
    ...measures.map((each) => h('option', {}, each)),
  );
  const drawing = h('div', {});
  const draw = (): void => {
    const points = runs.flatMap((run) => {
      const value = run.scores[select.value];
      return value === undefined ? [] : [{ value, words: `${run.id}, ${run.slide}: ${value.toFixed(4)}` }];
    });
    fill(drawing, chart(points, `${select.value} of ${points.length} runs, oldest first`));
  };
  draw();
  return h('div', {}, h('label', {}, 'score over time', select), drawing);
}

function sortable(
  runs: readonly ListedRun[],
  columns: readonly Column[],
  choose: (run: ListedRun, on: boolean) => void,
): HTMLElement {
  const rows = runs.map((run) => {
    const box = h('input', { type: 'checkbox', 'aria-label': `compare ${run.id}`, onchange: () => choose(run, box.checked) });
    const cells = columns.map(({ value }) => h('td', {}, shownValue(value(run))));
    return { run, row: h('tr', {}, h('td', {}, box), ...cells) };
  });
  const body = h('tbody', {}, ...rows.map(({ row }) => row));
  const heads = columns.map((column) => {
    const head = h('th', { scope: 'col' }, h('button', { type: 'button', onclick: () => sort() }, column.name));
    const sort = (): void => {
      const down = head.getAttribute('aria-sort') === 'ascending';
      for (const each of heads) each.removeAttribute('aria-sort');
      head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
      const sorted = [...rows].sort((a, b) => order(column.value(a.run), column.value(b.run)) * (down ? -1 : 1));
      fill(body, ...sorted.map(({ row }) => row));
    };
    return head;
  });
  const table = h('table', { class: 'wide-table' }, h('thead', {}, h('tr', {}, h('td', {}), ...heads)), body);
  return h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'runs' }, table);
}

function differenceTable(a: ListedRun, b: ListedRun): HTMLElement {
  const of = ({ settings, measured, scores }: ListedRun): Readonly<Record<string, unknown>> => ({
    ...settings,
    ...measured,
    ...scores,
  });
  const [one, other] = [of(a), of(b)];
  const names = [...new Set([...Object.keys(one), ...Object.keys(other)])].filter((name) => one[name] !== other[name]);
  const rows = names.map((name) =>
    h('tr', {}, h('th', { scope: 'row' }, name), h('td', {}, shownValue(one[name])), h('td', {}, shownValue(other[name]))),
  );
  const head = h('tr', {}, h('td', {}), h('th', { scope: 'col' }, a.id), h('th', { scope: 'col' }, b.id));
  return h('table', { class: 'wide-table' }, h('caption', {}, 'What differs'), h('thead', {}, head), h('tbody', {}, ...rows));
}

function text(value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : String(value);
}

function shownValue(value: unknown): string {
  if (value === undefined || value === null) return '–';
  return typeof value === 'number' && !Number.isInteger(value) ? String(Number(value.toPrecision(4))) : String(value);
}

/** Compares two values of a column: numbers by size, others as text. Missing values come last. */
function order(a: string | number | undefined, b: string | number | undefined): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
  return typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b), 'en', { numeric: true });
}
