/** What links declare, measured by ping and iperf3 on a kernel that has netem: delays, losses and rates of thirty-six lines. */
import test from 'ava';
import { guardMachine } from '../../helpers/machine.js';
import { unless } from '../../helpers/unless.js';
import type { Turn } from '../in-turn.js';
import { turnOf } from '../in-turn.js';
import { runInGuest, whyNoKernel } from '../kernel.js';
import { deviations, flood, FLOODED, floodsOf, leastTrip, lostOf, receivedRate, Z } from './numbers.js';

guardMachine(test);

const run = unless(whyNoKernel());

const PINGS = { delay: 40, loss: 2_000 };

/** What is written, and the round trip in milliseconds that follows. */
const DELAYS: readonly (readonly [string, number])[] = [
  ['{ delay: { rtt: 4ms } }', 4],
  ['{ delay: { rtt: 20ms } }', 20],
  ['{ delay: { rtt: 40ms } }', 40],
  ['{ delay: { rtt: 100ms } }', 100],
  ['{ delay: { rtt: 250ms } }', 250],
  ['{ delay: { rtt: 600ms } }', 600],
  ['{ delay: { one-way: 15ms } }', 30],
  ['{ delay: { one-way: 75ms } }', 150],
  ['{ up: { delay: { one-way: 30ms } } }', 30],
  ['{ down: { delay: { one-way: 80ms } } }', 80],
  ['{ up: { delay: { one-way: 10ms } }, down: { delay: { one-way: 35ms } } }', 45],
  ['{ delay: { rtt: 60ms }, rate: 20mbit }', 60],
];

/** What is written, and the share of round trips that are lost. */
const both = (one: number): number => 1 - (1 - one) ** 2;
const LOSSES: readonly (readonly [string, number])[] = [
  ['{ up: { loss: 0.5% } }', 0.005],
  ['{ up: { loss: 1% } }', 0.01],
  ['{ up: { loss: 2% } }', 0.02],
  ['{ up: { loss: 5% } }', 0.05],
  ['{ down: { loss: 1% } }', 0.01],
  ['{ down: { loss: 3% } }', 0.03],
  ['{ down: { loss: 10% } }', 0.1],
  ['{ down: { loss: 20% } }', 0.2],
  ['{ loss: 1% }', both(0.01)],
  ['{ loss: 5% }', both(0.05)],
  ['{ up: { loss: 2% }, down: { loss: 4% } }', 1 - 0.98 * 0.96],
  ['{ delay: { rtt: 10ms }, loss: 3% }', both(0.03)],
];

/** What is written of both directions, in Mbit/s, and the rest. */
const RATES: readonly (readonly [number, string])[] = [
  [0.5, ''],
  [1, ''],
  [2, ''],
  [3, ''],
  [5, ''],
  [8, ''],
  [10, ''],
  [2, ', queue: { kind: fq-codel }'],
  [4, ', queue: { kind: cake }'],
  [5, ', queue: { kind: red }'],
  [4, ', queue: 20 packets'],
  [4, ', delay: { rtt: 20ms }'],
];

const lines = (name: string, links: readonly string[]): string =>
  links.map((link, index) => `  ${name}${index}: { lan: { address: auto, link: ${link} } }\n`).join('');

const TOPOLOGY = `name: netem
segments: { lan: 10.0.0.0/16 }
hosts:
  server: { lan: 10.0.0.10 }
  plain: { lan: 10.0.0.11 }
${lines(
  'delay',
  DELAYS.map(([link]) => link),
)}${lines(
  'loss',
  LOSSES.map(([link]) => link),
)}${lines(
  'rate',
  RATES.map(([rate, more]) => `{ rate: ${rate * 1_000}kbit${more} }`),
)}`;

const SERVER = '10.0.0.10';
const turns: readonly Turn[] = [
  turnOf('plain', 'plain', `ping -q -i 0.02 -c ${PINGS.delay} ${SERVER}`),
  ...DELAYS.map((_, index) =>
    turnOf(`delay${index}`, `delay${index}`, `ping -q -i 0.05 -c ${PINGS.delay} -W 2 ${SERVER}`),
  ),
  ...LOSSES.map((_, index) =>
    turnOf(`loss${index}`, `loss${index}`, `ping -q -i 0.002 -c ${PINGS.loss} -W 1 ${SERVER}`),
  ),
  ...RATES.flatMap(([rate], index) => flood(`rate${index}`, `rate${index}`, SERVER, rate, rate < 2 ? 7 : 5)),
];

const SCRIPT = `
node dist/src/cli.js up /run/test/netem.yaml >/run/test/up 2>&1 || exit
node dist/src/cli.js exec server -- sh -c '${FLOODED} wait' &
node dist/test/vm/in-turn.js netem /run/test/turns.json /run/test >/run/test/errors 2>&1
node dist/src/cli.js down >/run/test/down 2>&1
`;

run('delays within 1 ms or 2 %, losses within their intervals, rates within 3 %', async (t) => {
  const { read } = await runInGuest(
    SCRIPT,
    { 'netem.yaml': TOPOLOGY, 'turns.json': JSON.stringify(turns) },
    1_500_000,
  );
  const base = leastTrip(read('plain'));
  t.true(base >= 0 && base < 50, read('up') + read('errors'));

  const wrong: string[] = [];
  for (const [index, [link, expected]] of DELAYS.entries()) {
    const error = leastTrip(read(`delay${index}`)) - base - expected;
    t.log(`${link}: ${(error + expected).toFixed(2)} ms beyond ${base.toFixed(2)} ms`);
    if (!(Math.abs(error) <= Math.max(1, 0.02 * expected))) wrong.push(`${link}: ${read(`delay${index}`)}`);
  }

  let usual = 0;
  for (const [index, [link, expected]] of LOSSES.entries()) {
    const seen = lostOf(read(`loss${index}`));
    const off = deviations(seen, expected);
    t.log(`${link}: ${seen.lost} of ${seen.sent} lost, ${off.toFixed(1)} standard deviations off`);
    if (!(off <= Z.always)) wrong.push(`${link}: ${read(`loss${index}`)}`);
    if (off <= Z.usual) usual++;
  }
  // Of intervals of 95 % one in twenty is missed by what is right; four of twelve by next to nothing that is.
  t.true(usual >= LOSSES.length - 3, `${usual} of ${LOSSES.length} within 95 %`);

  for (const [index, [rate, more]] of RATES.entries()) {
    const seen = receivedRate(floodsOf(`rate${index}`).map(read));
    t.log(`${rate} Mbit/s${more}: ${seen.toFixed(3)} Mbit/s of frames`);
    if (!(Math.abs(seen / rate - 1) <= 0.03)) wrong.push(`${rate} Mbit/s${more}: ${seen}`);
  }
  t.deepEqual(wrong, []);
});
