import { afterAll, expect, test } from 'vitest';
import { readModel } from '../../../dist/model/graph/facts.js';
import { placeWeights } from '../../../dist/model/graph/format/weights.js';
import { readAdapted } from '../../../dist/model/graph/read.js';
import { measureNetwork } from '../../../dist/model/measured/measure.js';
import { measurable } from '../../../dist/model/measured/open-model.js';
import { statedCard } from '../../../dist/model/measured/resolved/stated.js';
import type { Meaning } from '../../../dist/model/measured/scores.js';
import { createThreads } from '../../../dist/model/sessions/threads.js';
import { saved } from '../run.ts';
import { heads, type Truth, trunks, zooNetwork } from './zoo.ts';

const threads = createThreads();
afterAll(() => threads.dismiss());

/** What is concluded of a network's scores, in the words of its maker. */
async function concluded(bytes: Uint8Array): Promise<Truth | 'asked'> {
  const file = await readModel(saved(bytes));
  const placed = placeWeights(await readAdapted(file.path, {}), file.path);
  const { meaning } = await measureNetwork(placed, measurable(file, statedCard(undefined, {}), []), threads);
  return wordOf(meaning);
}

function wordOf(meaning: Meaning): Truth | 'asked' {
  if (meaning.kind === 'unknown' || meaning.kind === 'same') return 'asked';
  if (meaning.kind !== 'probabilities') return meaning.kind;
  return meaning.exclusive ? 'softmax' : 'sigmoid';
}

test('what scores are is found, or asked, and hardly ever wrong', async () => {
  const table = { trained: { right: 0, asked: 0, wrong: 0 }, hopeless: { right: 0, asked: 0, wrong: 0 } };
  const asked: string[] = [];
  const wrong: string[] = [];
  for (const [trunkName, trunk] of Object.entries(trunks)) {
    for (const [headName, head] of Object.entries(heads)) {
      for (const channels of head.channels) {
        const found = await concluded(zooNetwork(trunk, head, channels));
        // What is neither probability nor logit can only be asked.
        const verdict =
          found === 'asked' ? (head.truth === 'other' ? 'right' : 'asked') : found === head.truth ? 'right' : 'wrong';
        table[trunk.trained ? 'trained' : 'hopeless'][verdict]++;
        const name = `${trunkName}, ${headName}, ${channels}: ${found}`;
        if (verdict === 'asked' && trunk.trained) asked.push(name);
        if (verdict === 'wrong') wrong.push(name);
      }
    }
  }
  expect({ ...table, asked, wrong }).toMatchInlineSnapshot(`
    {
      "asked": [],
      "hopeless": {
        "asked": 2,
        "right": 138,
        "wrong": 0,
      },
      "trained": {
        "asked": 0,
        "right": 280,
        "wrong": 0,
      },
      "wrong": [],
    }
  `);
});
