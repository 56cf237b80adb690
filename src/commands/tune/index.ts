import { SegtileError } from '../../errors.js';
import { bundledModel } from '../../model/card/bundled.js';
import { openModel } from '../../model/measured/open-model.js';
import { defaultWorkers } from '../../model/sessions/pool-options.js';
import { memoryLimit } from '../../pipeline/memory/machine.js';
import { perceive } from '../../pipeline/perception/perceive.js';
import { slidePictures } from '../../pipeline/perception/slide-pictures.js';
import { measureCosts } from '../../pipeline/perception/window-costs.js';
import { windowsFor } from '../../pipeline/perception/windows-for.js';
import { writeTunedCard } from '../../pipeline/perception/write-card.js';
import { styleFor } from '../../terminal/style.js';
import type { Shell } from '../running/shell.js';
import type { TuneOptions } from './options.js';
import { tuneText } from './words.js';

/**
 * `segtile tune`: measures how far a network looks (its reach) and in which steps windows can be shifted without
 * changing scores (its phase), and what windows cost here. Suggests the windows that cost the least.
 *
 * @param given the model: a path, or the name of a bundled one
 * @param slide path of a slide for pictures to measure with; undefined for none
 * @returns the exit code, 0
 */
export async function runTune(
  given: string,
  slide: string | undefined,
  { slideMpp, writeCard = false, device, workers = defaultWorkers(), memory, cost, json = false }: TuneOptions,
  { stdout, signal }: Shell,
): Promise<number> {
  const opened = await openModel(bundledModel(given), {}, { signal });
  const { model } = opened;
  if (model.task === 'classification')
    throw new SegtileError(
      'usage',
      `${given} has one score for a whole window: there is no reach to measure`,
      'a classifier keeps the window that it was trained on',
    );
  const pictures = slide === undefined ? [] : await slidePictures(slide, model, slideMpp, signal);
  const perception = await perceive(model, signal, pictures);
  // The windows of a network of fixed size, or one that sees as far as its window, cannot be chosen.
  const isFree = model.fixedWindow === undefined && perception.margin !== null && perception.seesNear;
  const most = memory ?? memoryLimit().bytes;
  const costs = cost && isFree ? await measureCosts(model, { device, workers }, most, signal) : [];
  const windows = windowsFor(model, perception, undefined, costs);
  const written = writeCard ? await writeTunedCard(opened, perception, windows[0]) : undefined;
  const facts = { model: model.name, path: model.path, ...perception, windows, costs, ...(written && { written }) };
  stdout.write(json ? `${JSON.stringify(facts)}\n` : tuneText(model, perception, windows, written, styleFor(stdout)));
  return 0;
}
