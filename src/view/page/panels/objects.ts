import type { LabelLayer, ListedObject, ObjectCount, ObjectSummary } from '../../messages.js';
import { ask } from '../api.js';
import { fill, h } from '../dom.js';
import { css } from '../drawing/layers.js';
import { grouped } from './facts.js';
import { histogram } from './histogram.js';

/** The panel of a mask's objects: their counts, histograms of their sizes, and lists of objects of a chosen size. */
export interface ObjectsPanel {
  readonly element: HTMLElement;
  /** Switches to another mask, or to none. */
  show(mask: LabelLayer | undefined, pixelArea: PixelArea): void;
}

/** The area of one pixel of the mask: in µm², or in level-0 px if the size of these is not known. */
export interface PixelArea {
  readonly value: number;
  readonly unit: 'µm²' | 'px';
}

/** An area in words. */
function areaWords(pixels: number, { value, unit }: PixelArea): string {
  const area = pixels * value;
  if (unit === 'µm²' && area >= 1e5) return `${Number((area / 1e6).toPrecision(3))} mm²`;
  return `${area >= 1000 ? grouped(area) : Number(area.toPrecision(3))} ${unit}`;
}

/** Milliseconds between two requests for the progress of a count. */
const POLL = 700;

/** Makes the panel. `go` is called with the object of the list that the user clicks. */
export function createObjectsPanel(go: (object: ListedObject) => void): ObjectsPanel {
  const counts = h('div', {});
  const sizes = h('div', {});
  const found = h('div', { class: 'found', 'aria-live': 'polite' });
  const element = h('div', {}, counts, sizes, found);
  let asked = 0;
  const failed = (error: Error): void => fill(found, h('p', { class: 'note' }, error.message));

  async function load(mask: LabelLayer, pixel: PixelArea, own: number): Promise<void> {
    const summary = await ask<ObjectSummary>(`masks/${mask.id}/objects`);
    if (own !== asked) return;
    if (summary.state === 'counting') {
      fill(counts, h('p', { class: 'quiet' }, `counting objects: ${Math.round(100 * summary.share)} %`));
      setTimeout(() => load(mask, pixel, own).catch(() => undefined), POLL);
      return;
    }
    const { classes } = summary;
    const total = mask.width * mask.height;
    const rows = classes.map((each) => {
      const { name = '' } = mask.classes.find(({ label }) => label === each.label) ?? {};
      const cells = [
        grouped(each.count),
        areaWords(each.area, pixel),
        `${Number(((100 * each.area) / total).toPrecision(2))} %`,
      ];
      return h('tr', {}, h('th', { scope: 'row' }, name), ...cells.map((cell) => h('td', {}, cell)));
    });
    const head = ['class', 'objects', 'area', 'share'].map((each) => h('th', { scope: 'col' }, each));
    fill(counts, h('table', { class: 'counts' }, h('thead', {}, h('tr', {}, ...head)), h('tbody', {}, ...rows)));
    showSizes(mask, classes, pixel);
  }

  function showSizes(mask: LabelLayer, classes: readonly ObjectCount[], pixel: PixelArea): void {
    const some = classes.filter(({ count }) => count > 0);
    if (some.length === 0) return;
    const select = h(
      'select',
      { 'aria-label': 'class whose sizes are shown', onchange: () => draw() },
      ...some.map(({ label }) =>
        h('option', { value: label }, mask.classes.find((each) => each.label === label)?.name ?? String(label)),
      ),
    );
    const chart = h('div', {});
    const draw = (): void => {
      const own = some.find(({ label }) => label === Number(select.value))!;
      const { color = [128, 128, 128] as const } = mask.classes.find(({ label }) => label === own.label) ?? {};
      const words = (bin: ObjectCount['bins'][number]): string =>
        `${grouped(bin.count)} of ${areaWords(bin.least, pixel)} to ${areaWords(bin.most, pixel)}`;
      fill(
        chart,
        histogram(own.bins, css(color), words, (bin) => void list(mask, own.label, bin, pixel).catch(failed)),
      );
      fill(found);
    };
    fill(sizes, h('h3', {}, 'Sizes'), select, chart);
    draw();
  }

  async function list(
    mask: LabelLayer,
    label: number,
    { least, most, count }: ObjectCount['bins'][number],
    pixel: PixelArea,
  ): Promise<void> {
    const own = asked;
    const objects = await ask<readonly ListedObject[]>(`masks/${mask.id}/list?label=${label}&least=${least}&most=${most}`);
    if (own !== asked) return;
    const items = objects.map((object) =>
      h('li', {}, h('button', { type: 'button', onclick: () => go(object) }, areaWords(object.area, pixel))),
    );
    const told =
      objects.length < count
        ? `the largest ${objects.length} of ${grouped(count)}`
        : `${count} object${count === 1 ? '' : 's'}`;
    fill(found, h('p', { class: 'quiet' }, told), h('ul', { class: 'objects' }, ...items));
  }

  return {
    element,
    show(mask, pixel) {
      const own = ++asked;
      fill(counts);
      fill(sizes);
      fill(found);
      if (mask)
        load(mask, pixel, own).catch((error: Error) => own === asked && fill(counts, h('p', { class: 'note' }, error.message)));
    },
  };
}
