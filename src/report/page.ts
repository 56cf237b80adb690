import { createHash } from 'node:crypto';
import { type Html, html, trusted } from './html.js';
import { pageScript } from './page-script.js';
import { pageStyle } from './page-style.js';

/** What a report says, as plain data. Texts are plain texts; nothing of it is taken for HTML. */
export interface Report {
  readonly title: string;
  /** What was run, in one line below the title. */
  readonly subtitle: string;
  /** What it comes to: one sentence or two. */
  readonly lead: string;
  readonly sections: readonly Section[];
  /** At the end: every setting, versions, the command. */
  readonly facts: readonly FactGroup[];
}

/** A part of a report, under a heading of its own. */
export type Section = { readonly title: string; readonly note?: string } & (
  | { readonly kind: 'table'; readonly table: ReportTable }
  | { readonly kind: 'charts'; readonly charts: readonly Chart[] }
  | { readonly kind: 'pictures'; readonly groups: readonly PictureGroup[]; readonly legend?: readonly LegendColor[] }
);

/** Facts that belong together. */
export interface FactGroup {
  readonly title: string;
  readonly facts: readonly (readonly [name: string, value: string])[];
}

/** A table that can be sorted and copied. */
export interface ReportTable {
  /** What it shows, for people who don't see it. */
  readonly caption: string;
  readonly columns: readonly ReportColumn[];
  readonly rows: readonly ReportRow[];
}

/** A column: words begin at the left, figures end at the right. */
export interface ReportColumn {
  readonly name: string;
  readonly kind: 'words' | 'figures';
}

/** A row: a cell for each column. A row that is marked stands out, and `mark` says why. */
export interface ReportRow {
  readonly cells: readonly ReportCell[];
  readonly mark?: string;
}

/** What a cell shows; `value` is what it is sorted by, where that is not the text. */
export interface ReportCell {
  readonly text: string;
  readonly value?: number;
  /** The best of its column. */
  readonly best?: boolean;
}

/** A drawing, and what it shows in words. */
export interface Chart {
  readonly title: string;
  /** What a reader has to know to understand it, shown below. */
  readonly note?: string;
  readonly description: string;
  readonly svg: string;
}

/** Pictures of one place that are looked at together: what is zoomed in one is zoomed in all. */
export interface PictureGroup {
  readonly title: string;
  readonly note?: string;
  readonly pictures: readonly ReportPicture[];
}

/** A picture inside the page. */
export interface ReportPicture {
  readonly label: string;
  /** What is seen, for people who don't see it. */
  readonly alt: string;
  readonly width: number;
  readonly height: number;
  /** A `data:` URI. */
  readonly source: string;
}

/** A colour and what it means, in CSS. */
export interface LegendColor {
  readonly name: string;
  readonly color: string;
}

/**
 * What a browser may do with a page: use this style and this script, known by their hashes, and pictures inside it. Whatever else should ever get
 * into a page, such as a style or a script in the name of a class, does nothing.
 */
const policy = [
  "default-src 'none'",
  'img-src data:',
  `style-src '${hashOf(pageStyle)}'`,
  `script-src '${hashOf(pageScript)}'`,
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

/**
 * A report as one HTML file that stands alone: it works from a disk without a network, in light and dark, on paper, with a keyboard, and
 * without its script but for sorting and zooming.
 */
export function reportPage(report: Report): string {
  const { title, subtitle, lead, sections, facts } = report;
  const ids = sections.map((_, i) => `section-${i + 1}`);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${trusted(policy)}">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${trusted(pageStyle)}</style>
</head>
<body>
<header>
<h1>${title}</h1>
<p class="subtitle">${subtitle}</p>
<p class="lead">${lead}</p>
<nav aria-label="Contents"><ul>
${sections.map(({ title }, i) => html`<li><a href="#${ids[i]}">${title}</a></li>`)}
<li><a href="#settings">Settings and versions</a></li>
</ul></nav>
</header>
<main>
${sections.map((section, i) => sectionHtml(section, ids[i]!))}
<section id="settings" aria-labelledby="settings-title">
<h2 id="settings-title">Settings and versions</h2>
<div class="facts">
${facts.map(factsHtml)}
</div>
</section>
</main>
<p class="status" role="status" aria-live="polite"></p>
<script>${trusted(pageScript)}</script>
</body>
</html>
`.html;
}

function sectionHtml(section: Section, id: string): Html {
  return html`<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${section.title}</h2>
${section.note !== undefined && html`<p class="note">${section.note}</p>`}
${contentHtml(section)}
</section>
`;
}

function contentHtml(section: Section): Html {
  switch (section.kind) {
    case 'table':
      return tableHtml(section.table);
    case 'charts':
      return html`<div class="charts">${section.charts.map(chartHtml)}</div>`;
    case 'pictures':
      return html`${section.legend !== undefined && legendHtml(section.legend)}${section.groups.map(pictureGroupHtml)}`;
  }
}

function tableHtml({ caption, columns, rows }: ReportTable): Html {
  const head = columns.map(
    ({ name, kind }) => html`<th scope="col" class="${kind}" aria-sort="none"><button type="button">${name}</button></th>`,
  );
  return html`<div class="table" role="region" aria-label="${caption}" tabindex="0">
<table>
<caption>${caption}</caption>
<thead><tr>${head}</tr></thead>
<tbody>
${rows.map((row) => rowHtml(row, columns))}
</tbody>
</table>
</div>
<p class="tools"><button type="button" class="copy">Copy as CSV</button></p>
`;
}

function rowHtml({ cells, mark }: ReportRow, columns: readonly ReportColumn[]): Html {
  const shown = cells.map(({ text, value, best }, i) => {
    const sorting = value === undefined ? undefined : html` data-value="${value}"`;
    const kind = html` class="${columns[i]!.kind}${best === true && ' best'}"`;
    if (i > 0) return html`<td${kind}${sorting}>${text}</td>`;
    return html`<th scope="row"${kind}${sorting}>${text}${mark !== undefined && html` <span class="mark">${mark}</span>`}</th>`;
  });
  return html`<tr${mark !== undefined && html` class="marked"`}>${shown}</tr>
`;
}

function chartHtml({ title, note, description, svg }: Chart): Html {
  return html`<figure class="chart">
<figcaption>${title}</figcaption>
<div role="img" aria-label="${description}">${trusted(svg)}</div>
${note !== undefined && html`<p class="note">${note}</p>`}
</figure>
`;
}

function legendHtml(legend: readonly LegendColor[]): Html {
  const entries = legend.map(
    ({ name, color }) =>
      html`<li><svg class="swatch" aria-hidden="true"><rect width="100%" height="100%" fill="${color}"/></svg>${name}</li>`,
  );
  return html`<ul class="legend">${entries}</ul>
`;
}

function pictureGroupHtml({ title, note, pictures }: PictureGroup): Html {
  const shown = pictures.map(
    ({ label, alt, width, height, source }) => html`<figure>
<div class="view"><img src="${source}" alt="${alt}" width="${width}" height="${height}"></div>
<figcaption>${label}</figcaption>
</figure>
`,
  );
  return html`<div class="group" role="group" aria-label="${title}" tabindex="0">
<h3>${title}</h3>
${note !== undefined && html`<p class="note">${note}</p>`}
<div class="pictures">${shown}</div>
<p class="tools">
<button type="button" data-zoom="in" aria-label="Zoom in on ${title}">+</button>
<button type="button" data-zoom="out" aria-label="Zoom out of ${title}">&minus;</button>
<button type="button" data-zoom="reset">Whole</button>
</p>
</div>
`;
}

function factsHtml({ title, facts }: FactGroup): Html {
  return html`<div>
<h3>${title}</h3>
<dl>
${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}
</dl>
</div>
`;
}
