/** What `labnet link set` says of settings that are none: as a file's would, with the key that is meant. */
import test from 'ava';
import { withSettings } from '../../../src/apply/link/settings.js';
import { LabnetError, SettingsError } from '../../../src/core/errors.js';

const said = (...settings: readonly string[]): string[] => {
  try {
    withSettings({ up: { delay: 2_000 } }, settings);
    return [];
  } catch (error) {
    if (!(error instanceof LabnetError)) throw error;
    return error.diagnostics.map(({ code, message, fix }) => `${code}: ${message} (${fix ?? ''})`);
  }
};

const keys = (...settings: readonly string[]): (readonly string[])[] => {
  const error = thrown(() => withSettings({ up: { delay: 2_000 } }, settings));
  return error instanceof SettingsError ? error.problems.map(({ key }) => key) : [];
};

function thrown(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}

test('settings that are good leave what else there is', (t) => {
  t.deepEqual(withSettings({ up: { delay: 2_000 } }, ['loss=1%', 'down.delay.one-way=3ms']), {
    up: { delay: 2_000, loss: { kind: 'random', percent: 1 } },
    down: { delay: 3_000, loss: { kind: 'random', percent: 1 } },
  });
  t.deepEqual(withSettings({ up: { delay: 2_000 } }, ['delay=none', 'loss=0%']), {});
});

test('a value, a unit, a choice and a direction that are none', (t) => {
  t.deepEqual(said('delay.rtt=40'), [
    "bad-amount: delay.rtt: '40' has no unit (did you mean '40ms'? expected a time such as 20ms, 500us or 1.5s)",
  ]);
  t.deepEqual(said('queue.kind=fq'), [
    "wrong-value: 'queue.kind=fq' is no setting of a link (expected one of drop-tail, fq-codel, cake, red)",
  ]);
  t.deepEqual(said('up=5'), ["wrong-value: 'up=5' is no setting of a link (such as up.rate=5mbit)"]);
  t.deepEqual(said('los=1%'), ["unknown-key: unknown key 'los' (did you mean 'loss'?)"]);
});

test('what is wrong is at the key that was set, once', (t) => {
  t.deepEqual(keys('loss=101%'), [['loss']]);
  t.deepEqual(keys('up.loss=3x', 'rate=5mbps'), [['rate'], ['up', 'loss']]);
  t.deepEqual(keys('up.jitter=3ms'), [['up', 'jitter']]);
  t.deepEqual(keys('jitter=1ms'), [['jitter']], 'of the way that has no delay');
  t.deepEqual(keys('up.jitter=1ms'), []);
});
