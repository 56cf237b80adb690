import type { TissueFacts } from '../pipeline/prepare/found-tissue.js';
import { percent } from '../terminal/format.js';
import { oneLine } from '../terminal/visible.js';

/** How tissue was found on a slide, as one line below its own; none where nobody looked for it. */
export function tissueLines(facts: TissueFacts): string[] {
  const { method, file, tissueShare } = facts;
  if (method === 'none') return [];
  const how = method === 'file' ? String(file) : [method, ...backgroundWords(facts)].join(', ');
  const share = typeof tissueShare === 'number' ? `; ${percent(tissueShare)} of the slide is tissue` : '';
  return [`  tissue: ${oneLine(how)}${share}`];
}

function backgroundWords({ background, glass, backgroundBrightness, saturationThreshold }: TissueFacts): string[] {
  if (background === 'glass') return [`glass is ${(glass as readonly number[]).join(',')}`];
  if (background === 'dark field') return [`dark background of ${backgroundBrightness}`];
  if (background === 'neither') return ['no background'];
  return saturationThreshold === undefined ? [] : [`saturation above ${saturationThreshold}`];
}
