import { readFile } from 'node:fs/promises';
import { parseAugmentation } from '../../dist/augment/parse.js';
import { parseVariants } from '../../dist/commands/compare/settings.js';
import { parseCard } from '../../dist/model/card/card.js';
import { readHistory } from '../../dist/pipeline/records/history.js';
import { knownRecord } from '../../dist/pipeline/records/known-record.js';
import { parseThresholdFile } from '../../dist/plan/labels/threshold-file.js';
import { readShape } from '../../dist/plan/text/shape.js';
import { parseMppCsv } from '../../dist/slide/mpp/mpp-csv.js';
import { defaultConfig, parseConfig } from '../../dist/truth/config.js';
import { openTruth } from '../../dist/truth/open.js';

/** Reads a text as what its original is. */
export async function readText(path: string, original: string): Promise<void> {
  const [name] = original.split('.');
  const text = await readFile(path, 'utf8');
  if (name === 'card') parseCard(text, path);
  else if (name === 'classes') parseConfig(text, path);
  else if (name === 'thresholds') parseThresholdFile(text, path);
  else if (name === 'augment') parseAugmentation(text, path);
  else if (name === 'variants') parseVariants(text, path);
  else if (name === 'mpp') parseMppCsv(text, path);
  else if (name === 'history') await readHistory(path);
  else if (name === 'record') readShape(text, path, knownRecord);
  else if (name === 'truth') await readTruth(path);
  else throw new Error(`nothing reads ${original}`);
}

/** Opens truth and reads all of its labels. */
async function readTruth(path: string): Promise<void> {
  const size = { width: 120, height: 80 };
  const truth = await openTruth(path, { size, config: defaultConfig(), slideName: 'slide.tif' });
  try {
    const all = truth.view(size);
    for await (const _ of all.readBands({ start: 0, length: size.height }, () => [{ start: 0, length: size.width }]));
  } finally {
    await truth.close();
  }
}
