/** The style of a report: light or dark like the reader's system, and plain on paper. */
export const pageStyle = `
:root {
  --paper: #ffffff; --panel: #f5f6f8; --ink: #1b1f24; --quiet: #5a636e; --line: #d5d9de; --accent: #0b5cad; --mark: #e6f0fa;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #15181c; --panel: #1e2227; --ink: #e6e9ed; --quiet: #a2abb6; --line: #3a4149; --accent: #7db8f2; --mark: #1d3148;
  }
}
* { box-sizing: border-box; }
html { scroll-behavior: smooth; }
body {
  margin: 0 auto; padding: 2rem 1.5rem 4rem; max-width: 84rem; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; margin: 2.5rem 0 0.5rem; padding-top: 0.5rem; border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.25rem 0 0.5rem; }
.subtitle, .note { color: var(--quiet); margin: 0.25rem 0 0.75rem; overflow-wrap: anywhere; max-width: 75ch; }
.lead { font-size: 1.15rem; max-width: 60ch; border-left: 4px solid var(--accent); padding-left: 1rem; margin: 1.25rem 0; }
nav ul, .legend { list-style: none; padding: 0; margin: 0; display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; }
.legend { margin: 0.5rem 0; }
.swatch { display: inline-block; width: 0.9em; height: 0.9em; margin-right: 0.4em; border: 1px solid var(--line); vertical-align: -0.1em; }
a { color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.table { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--quiet); padding: 0 0 0.4rem; }
th, td { padding: 0.3rem 0.7rem; border-bottom: 1px solid var(--line); text-align: left; white-space: nowrap; }
thead th { position: sticky; top: 0; background: var(--paper); vertical-align: bottom; padding: 0; }
thead button {
  all: unset; box-sizing: border-box; width: 100%; padding: 0.3rem 0.7rem; cursor: pointer; font-weight: 600; white-space: nowrap;
}
thead button:focus-visible { outline: 3px solid var(--accent); }
th.figures button, .figures { text-align: right; }
th[aria-sort="ascending"] button::after { content: " \\2191"; }
th[aria-sort="descending"] button::after { content: " \\2193"; }
tbody th { font-weight: 500; }
tr.marked { background: var(--mark); }
.best { font-weight: 700; }
.mark { font-size: 0.75rem; border: 1px solid var(--accent); color: var(--accent); border-radius: 999px; padding: 0 0.5em; margin-left: 0.4em; }
.tools { margin: 0.5rem 0 0; display: flex; gap: 0.4rem; }
.tools button {
  font: inherit; font-size: 0.85rem; color: var(--ink); background: var(--panel); border: 1px solid var(--line); border-radius: 6px;
  padding: 0.15rem 0.7rem; cursor: pointer;
}
.charts { display: flex; flex-wrap: wrap; gap: 1.5rem 2rem; }
figure { margin: 0; }
.chart { flex: 1 1 30rem; max-width: 44rem; }
.chart svg { --plot-background: var(--paper); }
.chart [role=img] > svg { display: block; max-width: 100%; height: auto; font-size: 12px; overflow: visible; }
.chart text, .chart tspan { white-space: pre; }
figcaption { font-size: 0.9rem; color: var(--quiet); margin: 0.25rem 0; }
.chart .key-swatches { display: flex; flex-wrap: wrap; align-items: center; min-height: 33px; font-size: 12px; margin-bottom: 0.25rem; }
.chart .key-swatch { display: inline-flex; align-items: center; margin-right: 1em; }
.chart .key-swatch > svg { margin-right: 0.5em; overflow: visible; }
.chart figcaption { color: var(--ink); font-weight: 600; }
.group { margin: 0 0 1.5rem; --z: 1; --x: 0; --y: 0; }
.pictures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 15rem), 1fr)); gap: 0.75rem; align-items: start; }
.pictures:has(> :only-child) { max-width: 64rem; }
.view { overflow: hidden; background: var(--panel); border: 1px solid var(--line); cursor: zoom-in; touch-action: pan-y; }
.view img {
  display: block; width: 100%; height: auto; image-rendering: auto; user-select: none; -webkit-user-drag: none;
  transform-origin: 0 0; transform: scale(var(--z)) translate(calc(var(--x) * -100%), calc(var(--y) * -100%));
}
.zoomed .view { cursor: grab; }
.zoomed .view img { image-rendering: pixelated; }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(22rem, 1fr)); gap: 0 2rem; font-size: 0.9rem; }
dl { margin: 0; }
dl > div { display: grid; grid-template-columns: minmax(8rem, 38%) 1fr; gap: 0.75rem; border-bottom: 1px solid var(--line); padding: 0.2rem 0; }
dt { color: var(--quiet); overflow-wrap: anywhere; }
dd { margin: 0; overflow-wrap: anywhere; }
.status { position: fixed; right: 1rem; bottom: 1rem; margin: 0; background: var(--ink); color: var(--paper); border-radius: 6px; }
.status:not(:empty) { padding: 0.4rem 0.8rem; }
@media print {
  :root { --paper: #ffffff; --panel: #ffffff; --ink: #000000; --quiet: #444444; --line: #bbbbbb; --accent: #000000; --mark: #eeeeee; }
  body { max-width: none; padding: 0; font-size: 11px; }
  nav, .tools, .status { display: none; }
  .table { overflow: visible; }
  section, figure, .group, tr { break-inside: avoid; }
}
`;
