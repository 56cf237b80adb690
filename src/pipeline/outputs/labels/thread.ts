import { serveFiles } from '../../../io/threads/serve.js';
import type { RasterRows, Sink } from '../../../types.js';
import { type LabelFile, openLabelFile } from './label-file.js';
import type { SharedRows } from './open.js';

// The code of the thread that `open.ts` starts: makes files of labels.

serveFiles<readonly LabelFile[], SharedRows, never, never, undefined>(async (files) => {
  const sinks: Sink<RasterRows>[] = [];
  try {
    for (const file of files) sinks.push(await openLabelFile(file));
  } catch (error) {
    for (const sink of sinks) await sink.abort();
    throw error;
  }
  return {
    told: undefined,
    files: sinks,
    async write(rows) {
      await Promise.all(sinks.map((sink) => sink.write(rows)));
      return [];
    },
    answer: (question) => question,
  };
});
