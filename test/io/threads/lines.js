// A thread for the tests: writes the numbers that it is sent to two files, a line each.

import { SegtileError } from '../../../dist/errors.js';
import { openPartialFile } from '../../../dist/io/partial-file.js';
import { serveFiles } from '../../../dist/io/threads/serve.js';

serveFiles(async (/** @type {{ paths: string[], bad: number }} */ { paths, bad }) => {
  if (paths.length === 0) throw new SegtileError('usage', 'no file', 'name one');
  const files = await Promise.all(paths.map((path) => openPartialFile(path)));
  let sum = 0;
  return {
    told: paths,
    files: files.map((file) => ({ finish: () => file.commit(), abort: () => file.discard() })),
    answer: async (/** @type {number} */ times) => sum * times,
    async write(/** @type {{ numbers: Uint8Array }} */ { numbers }) {
      if (numbers[0] === bad) throw new SegtileError('output', `${bad} is a bad number`, 'send another');
      if (numbers[0] === 255) process.exit(1);
      sum += (numbers[0] ?? 0) * numbers.length;
      for (const file of files) await file.append(new TextEncoder().encode(`${numbers[0]}\n`));
      return [numbers.buffer];
    },
  };
});
