import type { ReadyModel } from '../../prepare/run-settings.js';
import { type ProofCount, type ProofFacts, proofFacts } from '../../proof/facts.js';
import { type RunRecord, round } from '../../records/record.js';
import type { SlideJob } from './run-slide.js';

/** The record entry of a proof, with the setting that would help. */
export function factsOfProof(count: ProofCount, { model, settings }: Pick<SlideJob, 'model' | 'settings'>): ProofFacts {
  const isSaid = model.members.some(({ model: { margin, phase } }) => margin !== undefined && phase !== undefined);
  const found = isSaid ? 'the margin of the card is too small: segtile tune measures one, and ' : '';
  const auto = `${found}--plan dense runs all windows that way`;
  return proofFacts(count, settings.plan === 'auto' ? auto : 'a larger --margin or a smaller --stride would help');
}

/** The devices that make the strips, as a record has them. Called at the end. */
export function deviceOf(pool: ReadyModel): () => RunRecord['device'] {
  const [began, busyBefore] = [performance.now(), pool.busySeconds()];
  return () => {
    const spent = (performance.now() - began) / 1000;
    const busyShare = spent === 0 ? 0 : (pool.busySeconds() - busyBefore) / spent / pool.workers();
    return {
      provider: pool.provider,
      workers: pool.workers(),
      ...pool.device,
      batch: pool.batch(),
      busyShare: round(busyShare),
    };
  };
}
