/** A step with `within`: tried again until it ends as it has to, or its time is over. */
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonic } from '../../core/monotonic.js';
import type { Step } from '../../scenario/step.js';
import { timeText } from '../../scenario/time.js';
import type { Done } from './doing.js';
import { good, rounded } from './step-result.js';

/** Milliseconds between two tries. */
const PAUSE = 200;

export type Trying = {
  /** Aborted when the run is over before its time. */
  readonly signal: AbortSignal;
  /** Told of each try that is followed by another one. */
  readonly onMiss: (done: Done) => void;
};

/**
 * A try that has begun in time is waited for.
 * @returns what came of the last try; of one that ended well also `wait`, the milliseconds from the first try's beginning to its end
 */
export async function untilGood(
  step: Step,
  attempt: () => Promise<Done>,
  { signal, onMiss }: Trying,
): Promise<Done> {
  const { within } = step;
  if (within === undefined) return attempt();
  const began = monotonic();
  for (let tries = 1; ; tries++) {
    const done = await attempt();
    const took = monotonic() - began;
    const tried = { ...done, tries, detail: `${done.detail}, ${triesText(tries, took)}` };
    if (good(step, done))
      return { ...tried, measured: { ...done.measured, wait: { unit: 'ms', values: [rounded(took)] } } };
    if (took + PAUSE > within) return tried;
    onMiss(done);
    await sleep(PAUSE, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return { ...tried, status: 'error' };
  }
}

const triesText = (tries: number, took: number): string =>
  `${tries} ${tries === 1 ? 'try' : 'tries'} in ${timeText(took)}`;
