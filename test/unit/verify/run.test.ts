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

test('what has to be answered is asked for longer where links lose packets, what must not be is not', async (t) => {
  const asked = async (name: string): Promise<Map<string, number>> => {
    const spans = new Map<string, number>();
    const test: Session['test'] = (run) => {
      for (const { machine, to, count, interval, wait } of run.probes)
        spans.set(`${machine} ${to}`, (count - 1) * interval + wait);
      return blind.test(run);
    };
    await verifyLab(example(name), { ...blind, test }, { kinds: ['gateway', 'isolated'] });
    return spans;
  };
  // Three lost requests for a neighbour's address, one a second (arp(7)).
  t.true(((await asked('lossy-mobile')).get('phone 100.64.0.1') ?? 0) > 3_000);
  t.deepEqual(new Set((await asked('virtual-wan')).values()), new Set([1_500, 400]));
});

test('what fails while the neighbour table of the computer is full has that for its cause', async (t) => {
  const crowded = (refusedNeighbours: number): Session => ({
    ...blind,
    test: async (run) => ({ ...(await blind.test(run)), refusedNeighbours }),
  });
  const causes = async (session: Session): Promise<(string | undefined)[]> =>
    (await verifyLab(example('virtual-wan'), session, { kinds: ['gateway'] })).verdicts.map(
      ({ cause }) => cause,
    );
  const full = await causes(crowded(354));
  t.is(full.length, 4);
  for (const cause of full) t.regex(cause ?? '', /neighbour table was full.*gc_thresh3=8192/);
  for (const cause of await causes(crowded(0))) t.notRegex(cause ?? '', /neighbour table/);
});
