import test from 'ava';
import type { ProbeResult } from '../../../src/core/probe.js';
import type { Session } from '../../../src/transport/session.js';
import type { Report } from '../../../src/verify/report.js';
import { verifyLab } from '../../../src/verify/run.js';
import { example, printed } from '../../helpers/topologies.js';

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
        output: printed(''),
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

/** A kernel that has no room for so many neighbours while something is asked. */
function crowded(refused: number, session: Session = blind): Session {
  let before = 1_000;
  return { ...session, refusedNeighbours: () => (before += refused) };
}

test('what fails while the neighbour table of the computer is full has that for its cause', async (t) => {
  const causes = async (session: Session): Promise<(string | undefined)[]> =>
    (await verifyLab(example('virtual-wan'), session, { kinds: ['gateway'] })).verdicts.map(
      ({ cause }) => cause,
    );
  const full = await causes(crowded(354));
  t.is(full.length, 4);
  for (const cause of full) t.regex(cause ?? '', /neighbour table was full.*gc_thresh3=8192/);
  for (const cause of await causes(crowded(0))) t.notRegex(cause ?? '', /neighbour table/);
});

/** What an engine reports of packets that nobody answers, and that a whole capture has not seen. */
const silent = (replies: ProbeResult['replies'] = []): Session => ({
  ...blind,
  test: async (run) => {
    const { captured, results, ...others } = await blind.test(run);
    return {
      ...others,
      results: results.map((one) => ({ ...one, replies })),
      captured: captured.map(({ machine, output }) => ({ machine, output, complete: true })),
    };
  },
});

test('silence while the neighbour table is full proves nothing', async (t) => {
  const verdicts = async (session: Session): Promise<Report> =>
    verifyLab(example('virtual-wan'), session, { kinds: ['isolated', 'blocked'] });
  t.is((await verdicts(crowded(0, silent()))).passed, 3);
  const { passed, verdicts: unproven } = await verdicts(crowded(12, silent()));
  t.is(passed, 0);
  for (const { status, observed, cause, evidence } of unproven) {
    t.is(status, 'error');
    t.regex(observed, /^1 sent, 0 answered, 0 seen at proxy[AB], which proves nothing/);
    t.regex(cause ?? '', /neighbour table was full/);
    t.true(evidence.includes('/proc/net/stat: table_fulls 12 more than before (docs/limits.md)'));
  }
});

test('a router that refuses by a message has seen the packet, whatever the table had room for', async (t) => {
  const refusing = silent([
    { kind: 'unreachable', from: '192.168.10.10', detail: 'net unreachable', rtt: 1 },
  ]);
  const { passed } = await verifyLab(example('virtual-wan'), crowded(12, refusing), { kinds: ['blocked'] });
  t.is(passed, 1);
});

test('what got through did so in spite of a full neighbour table', async (t) => {
  const answering = silent([{ kind: 'answer', from: '172.168.10.100', rtt: 1 }]);
  const { verdicts } = await verifyLab(example('virtual-wan'), crowded(12, answering), {
    kinds: ['blocked'],
  });
  t.like(verdicts[0], { status: 'fail', cause: 'not filtered: it got through' });
});
