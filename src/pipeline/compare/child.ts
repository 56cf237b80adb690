// The program of the process that `childRun` starts.
import { reason, SegtileError } from '../../errors.js';
import { type Holder, holderText } from '../../io/claim.js';
import { segmentSlides } from '../infer/segment-slides.js';
import { planWarnings } from '../prepare/plan-cost.js';
import type { SlidePlan } from '../prepare/plan-slide.js';
import { thresholdFiles } from '../probabilities/threshold-files.js';
import { setUpEngine } from '../process.js';
import type { ChildJob, ChildWork, FromChild, ToChild } from './child-messages.js';

setUpEngine();
const controller = new AbortController();
const stop = (): void => controller.abort();
// A terminal sends its signals to all processes of a command. The parent process decides when this one stops, so
// signals are ignored here. If the parent is gone, the channel closes.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.on('disconnect', stop);
process.on('message', (message: ToChild) => {
  if (message.kind === 'stop') stop();
  else void work(message);
});
// Exits only after all work is done. Node then skips its own teardown, which takes long.
process.once('beforeExit', (code) => process.exit(code));

async function work(job: ChildJob): Promise<void> {
  const answer = await recordOf(job).then(
    (record): FromChild => ({ kind: 'done', record }),
    (error: unknown): FromChild => {
      const { code, hint } = error instanceof SegtileError ? error : { code: 'model' as const, hint: undefined };
      return { kind: 'failed', code, message: reason(error), hint };
    },
  );
  if (process.connected) process.send!(answer, () => process.disconnect());
}

async function recordOf(job: ChildJob): Promise<ChildWork[keyof ChildWork]['record']> {
  const records: ChildWork[keyof ChildWork]['record'][] = [];
  const done = (record: ChildWork[keyof ChildWork]['record']): void => void records.push(record);
  const planned = (plan: SlidePlan, passes: readonly number[]): void => {
    for (const text of planWarnings(plan, passes)) process.send?.({ kind: 'warning', text } satisfies FromChild);
  };
  const elsewhere = (slide: string, holder: Holder): never => {
    throw new SegtileError('output', `${slide} is in progress elsewhere, by ${holderText(holder)}`, 'wait until it is done');
  };
  const { failures } =
    job.kind === 'infer'
      ? await segmentSlides([{ path: job.path }], job.options, { planned, done, elsewhere }, controller.signal)
      : await thresholdFiles([{ path: job.path }], job.options, { done }, controller.signal);
  if (failures.length > 0) throw failures[0]!.error;
  return records[0]!;
}
