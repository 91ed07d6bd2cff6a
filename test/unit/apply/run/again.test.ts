/** Steps that are tried again: until they end as they have to, and no longer than they may. */
import test from 'ava';
import { untilGood } from '../../../../src/apply/run/again.js';
import type { Done } from '../../../../src/apply/run/doing.js';
import { stepsOf } from '../../../helpers/scenarios.js';

const stepWith = (more: string) => {
  const [step] = stepsOf(`  - { ${more}check: { ping: alice -> server } }`);
  if (!step) throw new Error('no step');
  return step;
};

/** Ends so, try by try; the last for ever. */
function tries(...statuses: readonly Done['status'][]) {
  let made = 0;
  const attempt = (): Promise<Done> => {
    const status = statuses[Math.min(made++, statuses.length - 1)] ?? 'error';
    return Promise.resolve({ status, detail: status });
  };
  return { attempt, made: () => made };
}

const trying = (missed: string[], signal = new AbortController().signal) => ({
  signal,
  onMiss: ({ status }: Done) => void missed.push(status),
});

test('without within there is one try, and nothing said of it', async (t) => {
  const { attempt, made } = tries('fail', 'pass');
  t.deepEqual(await untilGood(stepWith(''), attempt, trying([])), { status: 'fail', detail: 'fail' });
  t.is(made(), 1);
});

test('it is tried until it passes, also where a try could not be judged', async (t) => {
  const missed: string[] = [];
  const { attempt, made } = tries('fail', 'error', 'pass');
  const done = await untilGood(stepWith('within: 1m, '), attempt, trying(missed));
  t.is(done.status, 'pass');
  t.is(done.tries, 3);
  t.regex(done.detail, /^pass, 3 tries in [\d.]+ m?s$/);
  const [wait = 0] = done.measured?.['wait']?.values ?? [];
  // Two pauses of 200 ms; timers may be a hair early.
  t.true(wait >= 390, String(wait));
  t.deepEqual(missed, ['fail', 'error']);
  t.is(made(), 3);
});

test('what is expected to fail is tried until it fails', async (t) => {
  const { attempt } = tries('pass', 'fail');
  const done = await untilGood(stepWith('within: 1m, expect: fail, '), attempt, trying([]));
  t.is(done.status, 'fail');
  t.is(done.tries, 2);
});

test('when its time is over the last try counts, and there is no wait to tell', async (t) => {
  const { attempt, made } = tries('fail');
  const done = await untilGood(stepWith('within: 500ms, '), attempt, trying([]));
  t.is(done.status, 'fail');
  t.true(made() >= 2 && made() <= 3, String(made()));
  t.is(done.tries, made());
  t.is(done.measured, undefined);
  const once = tries('fail');
  await untilGood(stepWith('within: 0s, '), once.attempt, trying([]));
  t.is(once.made(), 1);
});

test('it ends when the run does', async (t) => {
  const over = new AbortController();
  const { attempt, made } = tries('fail');
  const found = untilGood(stepWith('within: 1h, '), attempt, trying([], over.signal));
  over.abort();
  t.is((await found).status, 'error');
  t.is(made(), 1);
});
