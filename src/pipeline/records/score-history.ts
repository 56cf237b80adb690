import { resolve } from 'node:path';
import type { SlideScores } from '../evaluate/evaluate-mask.js';
import { summarizeSlides } from '../evaluate/summary.js';
import { appendHistory, newRunId } from './history.js';

/**
 * Adds the scores of a mask to a history. The run that made the mask is found by the mask's path.
 *
 * @param command that scored it
 * @throws {SegtileError} `output` if the history cannot be written
 */
export async function rememberScores(path: string, command: string, scores: SlideScores): Promise<void> {
  const { pooled } = summarizeSlides([scores]);
  const { macro, accuracy, boundaryF, classes } = pooled;
  await appendHistory(path, {
    kind: 'scores',
    id: newRunId(),
    time: new Date().toISOString(),
    command,
    result: resolve(scores.predicted),
    truth: scores.truth,
    scores: {
      dice: macro.dice,
      iou: macro.iou,
      ...(accuracy !== undefined && { accuracy }),
      'boundary F': boundaryF,
      ...Object.fromEntries(classes.map(({ name, dice }) => [`dice ${name}`, dice])),
    },
  });
}
