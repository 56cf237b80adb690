/**
 * Reads files that were made wrong, and says which ones segtile stumbles over:
 *
 *     npm run fuzz -- --count 2000 --seed 1
 *     npm run fuzz -- --kind json --seed 1
 *     npm run fuzz -- --seed 1 --only 37 --keep mutant.tif
 *
 * Kinds: tiff, wide (huge tiles), json (and YAML, CSV, records), onnx, picture (PNG and JPEG).
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { faults, fuzz, type Outcome } from './fuzz.js';
import { KINDS } from './kinds.js';
import { mutant, originals } from './mutate.js';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    keep: { type: 'string' },
    kind: { type: 'string', default: 'tiff' },
  },
});
const kind = KINDS.find((each) => each === values.kind);
if (kind === undefined) throw new Error(`expected one of ${KINDS.join(', ')} for --kind but got ${values.kind}`);
const seed = Number(values.seed);
const first = Number(values.only ?? 0);
const last = values.only === undefined ? Number(values.count) : first + 1;
if (values.keep !== undefined) writeFileSync(values.keep, mutant(originals(kind), seed, first, kind).bytes);

const outcomes: Outcome[] = [];
const started = performance.now();
for (let next = first; next < last; next += 500) {
  outcomes.push(...(await fuzz(seed, next, Math.min(next + 500, last), kind)));
  console.log(`${outcomes.length} of ${last - first}: ${faults(outcomes).length} faults`);
}
for (const fault of faults(outcomes)) console.log(JSON.stringify(fault));
const count = (verdict: string) => outcomes.filter((outcome) => outcome.verdict === verdict).length;
const slowest = outcomes.reduce((a, b) => ((b.ms ?? 0) > (a.ms ?? 0) ? b : a));
const largest = Math.max(...outcomes.map(({ rss }) => rss ?? 0));
console.log(
  `${outcomes.length} files in ${Math.round((performance.now() - started) / 1000)} s: ${count('read')} read, ${count('refused')} refused`,
);
console.log(`slowest: ${slowest.ms} ms, ${slowest.name}; largest process: ${Math.round(largest / 2 ** 20)} MiB`);
if (outcomes.length === 1) console.log(JSON.stringify(outcomes[0]));
process.exitCode = faults(outcomes).length > 0 ? 1 : 0;
