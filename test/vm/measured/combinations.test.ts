/** Delay, jitter, loss, rate and queue of a link all at once, and every preset, measured by ping and iperf3 where netem is. */
import test from 'ava';
import { guardMachine } from '../../helpers/machine.js';
import { unless } from '../../helpers/unless.js';
import type { Combination } from './combinations.js';
import { COMBINATIONS } from './combinations.js';
import type { Turn } from '../in-turn.js';
import { turnOf } from '../in-turn.js';
import { runInGuest, whyNoKernel } from '../kernel.js';
import { deviations, flood, FLOODED, floodsOf, lostOf, middleTrip, receivedRate, Z } from './numbers.js';

guardMachine(test);

const run = unless(whyNoKernel());

const ECHOES = 600;
const SERVER = '10.0.0.10';
/** Those whose rate is measured. */
const waysOf = (one: Combination) => (['up', 'down'] as const).filter((way) => !Number.isNaN(one[way]));

const TOPOLOGY = `name: combinations
segments: { lan: 10.0.0.0/24 }
hosts:
  server: { lan: ${SERVER} }
  plain: { lan: 10.0.0.11 }
${COMBINATIONS.map(({ link }, index) => `  m${index}: { lan: { address: auto, link: ${link} } }\n`).join('')}`;

/** The echoes of one machine, and each direction with a rate. */
const turns: readonly Turn[] = [
  turnOf('plain', 'plain', `ping -D -i 0.02 -c 100 ${SERVER}`),
  ...COMBINATIONS.flatMap((one, index) => [
    turnOf(`m${index}.ping`, `m${index}`, `ping -D -i 0.005 -c ${ECHOES} -W 2 ${SERVER}`),
    ...waysOf(one).flatMap((way) =>
      // A slow line for longer, or too few would arrive.
      flood(
        `m${index}.${way}`,
        `m${index}`,
        SERVER,
        one[way],
        one[way] < 2 ? 7 : 5,
        way === 'up' ? '' : '-R',
      ),
    ),
  ]),
];

const SCRIPT = `
node dist/src/cli.js up /run/test/combinations.yaml >/run/test/up 2>&1 || exit
node dist/src/cli.js exec server -- sh -c '${FLOODED} wait' &
node dist/test/vm/in-turn.js combinations /run/test/turns.json /run/test >/run/test/errors 2>&1
node dist/src/cli.js down >/run/test/down 2>&1
`;

run(
  `${COMBINATIONS.length} combinations of delay, jitter, loss, rate and queue are what they say`,
  async (t) => {
    const { read } = await runInGuest(
      SCRIPT,
      { 'combinations.yaml': TOPOLOGY, 'turns.json': JSON.stringify(turns) },
      1_500_000,
    );
    const base = middleTrip(read('plain'));
    t.true(base >= 0 && base < 50, read('up') + read('errors'));
    const wrong: string[] = [];
    let usual = 0;
    for (const [index, one] of COMBINATIONS.entries()) {
      const text = read(`m${index}.ping`);
      const lost = lostOf(text);
      const [trip, off] = [middleTrip(text) - base, deviations(lost, one.loss, one.dependence)];
      const rates = waysOf(one).map((way) => ({
        ...{ way, wanted: one[way] },
        seen: receivedRate(floodsOf(`m${index}.${way}`).map(read)),
      }));
      t.log(
        `${one.link}: ${trip.toFixed(2)} ms, ${lost.lost} of ${lost.sent} lost (${off.toFixed(1)} standard deviations off), ${rates.map(({ seen }) => seen.toFixed(3)).join(' and ')} Mbit/s`,
      );
      const slack = Math.max(1, 0.02 * one.trip) + (4 * 1.25 * one.spread) / Math.sqrt(lost.sent - lost.lost);
      if (!(Math.abs(trip - one.trip) <= slack)) wrong.push(`${one.link}: ${trip} ms`);
      if (!(off <= Z.always)) wrong.push(`${one.link}: ${lost.lost} of ${lost.sent} lost`);
      if (off <= Z.usual) usual++;
      wrong.push(...wrongRates(one.link, rates));
    }
    t.deepEqual(wrong, []);
    // Of intervals of 95 % one in twenty is missed by what is right.
    t.true(usual >= COMBINATIONS.length * 0.8, `${usual} within 95 %`);
  },
);

type Rate = { readonly way: string; readonly wanted: number; readonly seen: number };

const wrongRates = (link: string, rates: readonly Rate[]): string[] =>
  rates
    .filter(({ wanted, seen }) => !(Math.abs(seen / wanted - 1) <= 0.03))
    .map(({ way, seen }) => `${link}, ${way}: ${seen} Mbit/s`);
