import { createHash } from 'node:crypto';
import { type Html, html, trusted } from './html.js';
import { pageScript } from './page-script.js';
import { pageStyle } from './page-style.js';

/** The contents of a report, as plain data. All texts are plain text and never read as HTML. */
export interface Report {
  readonly title: string;
  /** What was run, in one line below the title. */
  readonly subtitle: string;
  /** The main result, in one or two sentences. */
  readonly lead: string;
  readonly sections: readonly Section[];
  /** At the end: every setting, versions, the command. */
  readonly facts: readonly FactGroup[];
}

/** A section of a report, with its own heading. */
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
  /** A description for people who cannot see it. */
  readonly caption: string;
  readonly columns: readonly ReportColumn[];
  readonly rows: readonly ReportRow[];
}

/** A column: words are aligned left, figures right. */
export interface ReportColumn {
  readonly name: string;
  readonly kind: 'words' | 'figures';
}

/** A row with a cell for each column. A row with a `mark` is highlighted, and the mark says why. */
export interface ReportRow {
  readonly cells: readonly ReportCell[];
  readonly mark?: string;
}

/** The text of a cell. The column is sorted by `value`, or by the text if there is no value. */
export interface ReportCell {
  readonly text: string;
  readonly value?: number;
  /** True for the best cell of its column. */
  readonly best?: boolean;
}

/** A drawing, and what it shows in words. */
export interface Chart {
  readonly title: string;
  /** An explanation, shown below. */
  readonly note?: string;
  readonly description: string;
  readonly svg: string;
}

/** Pictures of one region; zooming in one of them zooms all. */
export interface PictureGroup {
  readonly title: string;
  readonly note?: string;
  readonly pictures: readonly ReportPicture[];
}

/** A picture inside the page. */
export interface ReportPicture {
  readonly label: string;
  /** A description for people who cannot see it. */
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
 * The content security policy of a page: it allows this style and this script, by their hashes, and embedded pictures.
 * Anything else that gets into a page, such as a script in the name of a class, is blocked.
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
 * A report as one self-contained HTML file. It works from a disk without a network, in light and dark mode, on paper
 * and with a keyboard. Without scripts only sorting, copying and zooming do not work.
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
