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
  let own = new Uint8Array(0);
  /** V8 copies single rows from shared memory byte by byte unless they start alike within 8 bytes, as all rows together do. */
  const copied = (rows: SharedRows): RasterRows => {
    if (own.length < rows.data.length) own = new Uint8Array(rows.data.length);
    own.set(rows.data);
    return { ...rows, data: own.subarray(0, rows.data.length) };
  };
  return {
    told: undefined,
    files: sinks,
    async write(rows) {
      const inOwn = rows.width % 8 === 0 ? rows : copied(rows);
      await Promise.all(sinks.map((sink) => sink.write(inOwn)));
      return [];
    },
    answer: (question) => question,
  };
});
