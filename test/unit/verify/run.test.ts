import test from 'ava';
import type { Session } from '../../../src/transport/session.js';
import { verifyLab } from '../../../src/verify/run.js';
import { example } from '../../helpers/topologies.js';

/** What engines and agents report where tcpdump is not there: silence that proves nothing. */
const blind: Session = {
  run: (commands) =>
    Promise.resolve(commands.map(() => ({ exitCode: 0, stdout: '', stderr: '', timedOut: false }))),
  test: ({ probes, listeners, captures }) =>
    Promise.resolve({
      results: probes.map(({ id }) => ({ id, sent: 1, replies: [] })),
      listeners: listeners.map(() => 'open' as const),
      captured: captures.map((machine) => ({
        machine,
        text: '',
        complete: false,
        error: 'tcpdump is not installed',
      })),
    }),
  converse: () => Promise.resolve([]),
  close: () => Promise.resolve(),
};

test('silence that no capture has seen is an error, with the reason of the capture', async (t) => {
  const { passed, verdicts } = await verifyLab(example('virtual-wan'), blind, { kinds: ['isolated'] });
  t.is(passed, 0);
  t.deepEqual(
    verdicts.map(({ status }) => status),
    ['error', 'error'],
  );
  t.true(verdicts[0]?.evidence.includes('proxyA: capture: tcpdump is not installed'));
});
