/** What a link should measure, and how what was measured is judged. */
import test from 'ava';
import { readEchoes, readFlood, readSizes } from '../../../src/verify/link/ask.js';
import type { LinkPair } from '../../../src/verify/link/expect.js';
import { expectedOf, linkPairs } from '../../../src/verify/link/expect.js';
import type { LinkMeasured } from '../../../src/verify/link/judge.js';
import { judgeLink, wilson } from '../../../src/verify/link/judge.js';
import { roundsOf } from '../../../src/verify/link/measure.js';
import { viewOf } from '../../../src/model/view.js';
import { resolveText } from '../../helpers/topologies.js';

function pairs(a: string, b = '10.0.0.2', segment = ''): LinkPair[] {
  const { lab, diagnostics } = resolveText(
    `name: x\nsegments: { s: { subnet: 10.0.0.0/24${segment} } }\nhosts: { a: { s: ${a} }, b: { s: ${b} } }\n`,
    'x.yaml',
  );
  if (!lab) throw new Error(JSON.stringify(diagnostics));
  return linkPairs(viewOf(lab));
}

const first = (a: string): LinkPair => {
  const [pair] = pairs(a);
  if (!pair) throw new Error('no link');
  return pair;
};
const judged = (pair: LinkPair, measured: LinkMeasured): string[] =>
  judgeLink(pair, measured).map(({ status, text }) => `${status} ${text}`);
const output = (stdout: string) => ({ exitCode: 0, stdout, stderr: '', timedOut: false });

test('there and back, both ends count', (t) => {
  const own = { up: { delay: 10_000 }, down: { delay: 30_000 } };
  const other = { up: { delay: 5_000, loss: { kind: 'random', percent: 50 } } } as const;
  const expected = expectedOf(own, other);
  t.is(expected.rtt, 45_000);
  t.is(expected.lossThere, 0);
  t.is(expected.lossBack, 0.5);
  t.is(expected.loss, 0.5);
});

test('on a segment everybody measures twice what each sends, and the least rate counts', (t) => {
  const [a] = pairs(
    '10.0.0.1',
    '{ address: 10.0.0.2, link: { up: { rate: 5mbit } } }',
    ', link: { delay: { rtt: 40ms }, rate: 9mbit }',
  );
  t.is(a?.expected.rtt, 20_000);
  t.is(a?.expected.there, 9_000_000);
  t.is(a?.expected.back, 5_000_000);
  const [both] = pairs('10.0.0.1', '10.0.0.2', ', link: { delay: { rtt: 40ms } }');
  t.is(both?.expected.rtt, 40_000);
});

test('a lonely machine has nobody to measure with', (t) => {
  const { lab } = resolveText(
    'name: x\nsegments: { s: 10.0.0.0/24 }\nhosts: { a: { s: { link: { loss: 1% } } } }\n',
    'x',
  );
  t.deepEqual(lab && linkPairs(viewOf(lab)), []);
});

test('round trips: a millisecond, or two in a hundred', (t) => {
  const pair = first('{ link: { delay: { rtt: 100ms } } }');
  const trips = (ms: number): LinkMeasured => ({
    echoes: { sent: 100, trips: Array.from({ length: 100 }, () => ms * 1000) },
  });
  t.regex(judged(pair, trips(101.9)).join(), /pass rtt 101.9ms/);
  t.regex(judged(pair, trips(102.2)).join(), /fail rtt 102.2ms .*not 100ms/);
  t.regex(judged(pair, trips(97.5)).join(), /fail/);
  t.regex(judged(pair, { echoes: { sent: 100, trips: [] } }).join(), /fail no answers/);
});

test('without jitter the quickest round trip tells, with it the middle one', (t) => {
  const slow: LinkMeasured = {
    echoes: { sent: 100, trips: Array.from({ length: 100 }, (_, index) => 100_500 + 1_000 * index) },
  };
  t.regex(judged(first('{ link: { delay: { rtt: 100ms } } }'), slow).join(), /pass rtt 150.5ms/);
  t.regex(judged(first('{ link: { delay: { rtt: 100ms }, jitter: 1ms } }'), slow).join(), /fail rtt/);
  t.regex(judged(first('{ link: { delay: { rtt: 98ms } } }'), slow).join(), /fail rtt/);
});

test('loss is judged by an interval, which bursts make wider', (t) => {
  const pair = first('{ link: { up: { loss: 5% } } }');
  const lost = (count: number): LinkMeasured => ({
    echoes: { sent: 400, trips: Array.from({ length: 400 - count }, () => 50) },
  });
  t.regex(judged(pair, lost(20)).join(), /pass loss 5% \(95 %: 3.26% to 7.6%\)/);
  t.regex(judged(pair, lost(0)).join(), /fail loss 0% .*not 5%/);
  t.regex(judged(pair, lost(60)).join(), /fail loss 15%/);
  const bursts = first('{ link: { up: { loss: { mean: 5%, burst: 10 } } } }');
  t.true(bursts.expected.dependence > 10);
  t.regex(judged(bursts, lost(50)).join(), /pass loss 12.5%/);
  // Where none is declared, a computer may lose one now and then, and no more.
  const none = first('{ link: { rate: 1mbit } }');
  t.regex(judged(none, lost(2)).join(), /pass loss 0.5%/);
  t.regex(judged(none, lost(12)).join(), /fail loss 3%/);
});

test("Wilson's interval has what it should: the textbook's numbers", (t) => {
  const [low, high] = wilson(10, 100, 1.96);
  t.deepEqual([low.toFixed(4), high.toFixed(4)], ['0.0552', '0.1744']);
  t.deepEqual(wilson(0, 0, 1.96), [0, 1]);
});

test('a rate: what arrived, and not what this computer could not send', (t) => {
  const pair = first('{ link: { up: { rate: 100mbit } } }');
  const rate = (arrived: number, sent: number): LinkMeasured => ({
    there: { arrived: arrived * 1e6, sent: sent * 1e6 },
  });
  t.deepEqual(judged(pair, rate(98, 130)), ['pass rate up 98mbit']);
  t.deepEqual(judged(pair, rate(108, 130)), ['fail rate up 108mbit, not 100mbit']);
  t.deepEqual(judged(pair, rate(60, 130)), ['fail rate up 60mbit, not 100mbit']);
  t.deepEqual(judged(pair, rate(60, 61)), ['error rate up 60mbit: this computer sent no more than 61mbit']);
  t.deepEqual(judged(pair, { there: { trouble: 'perl: not installed' } }), [
    'error rate up: perl: not installed',
  ]);
});

test('a cut link lets nothing through', (t) => {
  const pair = { ...first('{ link: { loss: 1% } }') };
  const cut = { ...pair, expected: { ...pair.expected, isCut: true } };
  t.deepEqual(judged(cut, { echoes: { sent: 20, trips: [] } }), ['pass cut: 0 of 20 got through']);
  t.deepEqual(judged(cut, { echoes: { sent: 20, trips: [1] } }), ['fail cut: 1 of 20 got through']);
});

test('what programs say is read', (t) => {
  const said = `64 bytes from 10.0.0.2: icmp_seq=1 ttl=64 time=0.061 ms
64 bytes from 10.0.0.2: icmp_seq=1 ttl=64 time=0.071 ms (DUP!)
64 bytes from 10.0.0.2: icmp_seq=2 ttl=64 time=20.5 ms

--- 10.0.0.2 ping statistics ---
3 packets transmitted, 2 received, +1 duplicates, 33.3333% packet loss, time 400ms
`;
  t.deepEqual(readEchoes(output(said)), { sent: 3, trips: [61, 20_500] });
  t.is(readEchoes(output('')), undefined);
  const refused = output('3 packets transmitted, 0 received, +3 errors, 100% packet loss, time 2031ms');
  t.deepEqual(readSizes([output(said), refused]), { fits: true, isLargerRefused: true });
  const pair = first('{ link: { up: { rate: 1mbit } } }');
  t.deepEqual(readFlood(pair, 'there', [output('100 1.1536\n'), output('130 1.1536\n')]), {
    arrived: 1e6,
    sent: 1.3e6,
  });
  t.deepEqual(readFlood(pair, 'there', [{ ...output(''), exitCode: null, error: 'ENOENT' }, output('1 1')]), {
    trouble: 'perl: not installed',
  });
});

test('no machine is measured twice at a time, and no more is sent than a computer can', (t) => {
  const pair = first('{ link: { rate: 1mbit } }');
  const some = ['a', 'b', 'c', 'd'].map((machine, index) => ({
    ...pair,
    machine,
    peer: `p${index % 2}`,
    isPeerLinked: true,
  }));
  t.deepEqual(
    roundsOf(some, () => 0).map((round) => round.map(({ machine }) => machine)),
    [
      ['a', 'b'],
      ['c', 'd'],
    ],
  );
  t.is(roundsOf(some, () => 300e6).length, 4);
  // A peer without a link of its own is in nobody's way.
  t.is(
    roundsOf(
      some.map((one) => ({ ...one, isPeerLinked: false })),
      () => 0,
    ).length,
    1,
  );
});
