import { setTimeout as sleep } from 'node:timers/promises';
import { count } from '../../../core/text.js';
import { readTime } from '../../../scenario/time.js';
import type { CaptureResult } from '../../capture/index.js';
import type { Doer } from '../doing.js';

export const capture: Doer<'capture'> = async ({ lab, step, value, results, away, goesOn }) => {
  const places = [value.at].flat();
  const gone = places.find((place) => away.has(place.split(':')[0] ?? ''));
  if (gone !== undefined) return { status: 'error', detail: `${gone} is stopped` };
  const enough = new AbortController();
  let begun = (): void => undefined;
  const begins = new Promise<void>((resolve) => (begun = resolve));
  const capturing = lab.capture({
    places,
    filter: value.filter,
    file: results.path('captures', `${step.id}.pcapng`),
    signal: enough.signal,
    onStart: begun,
  });
  // A machine that is stopped takes the capture along, which is no failure of the run.
  const ended = capturing.catch((error: unknown) => {
    if (places.some((place) => away.has(place.split(':')[0] ?? ''))) return undefined;
    throw error;
  });
  ended.catch(() => undefined);
  await Promise.race([begins, ended]);
  if (value.for !== undefined) {
    const length = readTime(value.for) ?? 0;
    void sleep(length, undefined, { signal: enough.signal, ref: false })
      .then(() => enough.abort())
      .catch(() => undefined);
  }
  goesOn({
    ...(value.for !== undefined && { over: ended }),
    end: async () => {
      enough.abort();
      const found: CaptureResult | undefined = await ended;
      return { status: 'pass', detail: found ? count(found.packets, 'packet') : 'ended with its machine' };
    },
  });
  return { status: 'pass', detail: 'listens' };
};

export const end: Doer<'end'> = ({ value, end: endStep }) => endStep(value);
