import type { Gated } from '../pipeline/gate/gated.js';
import type { JudgedFacts } from '../pipeline/gate/judge.js';
import type { TissueFacts } from '../pipeline/tissue/found-tissue.js';
import type { RegionFacts } from '../pipeline/tissue/region.js';
import { count, percent } from '../terminal/format.js';
import { oneLine } from '../terminal/visible.js';

/** How tissue was found, as a line below that of the slide; no line if tissue was not looked for. */
export function tissueLines(facts: TissueFacts): string[] {
  const { method, file, tissueShare } = facts;
  if (method === 'none') return [];
  if (method === 'network') return [`  tissue: ${oneLine(networkWords(facts))}${shareWords(tissueShare)}`];
  const how = method === 'file' ? String(file) : [method, ...backgroundWords(facts)].join(', ');
  return [`  tissue: ${oneLine(how)}${shareWords(tissueShare)}`];
}

function shareWords(share: TissueFacts[string] | undefined): string {
  return typeof share === 'number' ? `; ${percent(share)} of the slide is tissue` : '';
}

function networkWords({ file, mpp, classes, artefacts }: TissueFacts): string {
  const which = classes === undefined ? `auto without ${artefacts}` : String(classes);
  return `${which}, as ${file} judges at ${mpp} µm/px`;
}

function backgroundWords({ background, glass, backgroundBrightness, saturationThreshold }: TissueFacts): string[] {
  if (background === 'glass') return [`glass is ${(glass as readonly number[]).join(',')}`];
  if (background === 'dark field') return [`dark background of ${backgroundBrightness}`];
  if (background === 'neither') return ['no background'];
  return saturationThreshold === undefined ? [] : [`saturation above ${saturationThreshold}`];
}

/** The networks that judged windows, a line each below that of the slide. */
export function gateLines({ gates = [], vetoes = [] }: Partial<Pick<Gated, 'gates' | 'vetoes'>> = {}): string[] {
  const line = (what: string, verb: string, { file, least, judged, denied, share }: JudgedFacts): string => {
    const classes = Object.entries(least).map(([name, p]) => `${name} of ${Number(p.toPrecision(4))} or more`);
    return `  ${what}: ${oneLine(`${file} finds no ${classes.join(' nor ')}`)} in ${count(denied)} of ${count(judged)} windows (${percent(share)}), ${verb}`;
  };
  return [
    ...gates.map((each) => line('gate', 'which are not run', each)),
    ...vetoes.map((each) => line('veto', 'where it is dropped', each)),
  ];
}

/** The region of interest, as a line below that of the slide; no line if there is no region. */
export function regionLines(region: RegionFacts | undefined): string[] {
  if (region === undefined) return [];
  const { file, classes, excluded, share } = region;
  const which = classes === null ? '' : `, ${classes.join(', ')}`;
  const but = excluded.length === 0 ? '' : `, without ${excluded.join(', ')}`;
  return [`  region: ${oneLine(`${file}${which}${but}`)}; ${percent(share)} of the slide`];
}
