import { serveFiles } from '../../io/threads/serve.js';
import { createSimplifier } from '../../objects/simplify/simplify.js';
import type { LookedAt } from '../../objects/summary.js';
import { createSplitter } from '../../objects/touching/split.js';
import type { Sink } from '../../types.js';
import type { Keep } from '../records/files-and-record.js';
import type { ObjectFacts } from './facts.js';
import type { ObjectMessage, ObjectStart } from './in-thread.js';
import { holdScores } from './passing-scores.js';
import { writeObjects } from './write-objects.js';

// The code of the thread that `in-thread.ts` starts: finds the objects of a mask and writes them.

serveFiles<ObjectStart, ObjectMessage, LookedAt, ObjectFacts, readonly string[]>(async (start) => {
  const { files, form, touching, simplifying, passing, placement } = start;
  const kept: { readonly path: string; readonly sink: Pick<Sink<never>, 'finish' | 'abort'> }[] = [];
  const keep: Keep = (path, sink) => {
    kept.push({ path, sink });
    return sink;
  };
  const splitter = touching && createSplitter(touching);
  const simplifier = simplifying && createSimplifier(simplifying);
  const held = passing && holdScores(passing, form.size);
  const objects = await writeObjects(keep, files, { ...form, splitter, simplifier }, placement).catch(
    async (error: unknown) => {
      for (const { sink } of kept) await sink.abort();
      throw error;
    },
  );
  return {
    told: kept.map(({ path }) => path),
    files: kept.map(({ sink }) => sink),
    answer: (lookedAt) => objects.facts(lookedAt),
    async write(message) {
      if (message.kind === 'scores') {
        held?.add(message.rows);
        return [];
      }
      const { rows, pixels } = message;
      const { y, width } = rows;
      await objects.write(rows, {
        probabilities: held && ((label, row) => held.line(label, y + row)),
        pixels: pixels && ((row) => pixels.map((plane) => plane.subarray(row * width, (row + 1) * width))),
      });
      const scores = held?.released().flatMap(({ blocks }) => (blocks[0] ? [blocks[0].data] : [])) ?? [];
      return [rows.data, ...(pixels ?? []), ...scores].map(({ buffer }) => buffer as ArrayBuffer);
    },
  };
});
