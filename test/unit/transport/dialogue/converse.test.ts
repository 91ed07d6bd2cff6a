/** Many dialogues: which cannot be held, and how many at the same time. */
import test from 'ava';
import type { Dialogue } from '../../../../src/core/dialogue.js';
import { MANNER, arrivals, at, connect, dialogue, hold, send, tcp, udp } from '../../../helpers/network.js';

test('what goes wrong is told of its dialogue, and the others are held', async (t) => {
  const step = send('a', at('b'));
  const sound = dialogue([udp('a', 9), udp('b', 9)], send('a', at('b', 9)));
  const inUse = await hold([dialogue([udp('a'), udp('b')], step), sound], {
    inUse: ({ machine, port }) => machine === 'b' && port === 1,
  });
  t.deepEqual(inUse.outcomes[0], { steps: [], error: 'b: udp 1 of b: EADDRINUSE' });
  t.deepEqual(inUse.outcomes.slice(1).map(arrivals), [[['b 0 a:9']]]);
  const gone = await hold(
    [dialogue([udp('a'), udp('x')], send('a', at('a')), send('a', at('x')), step), sound],
    {
      gone: (machine, orders) => machine === 'x' && orders > 4,
      lost: ({ to }) => to.address === 'x',
    },
  );
  t.is(gone.outcomes[0]?.error, 'x: the connection ended');
  t.is(gone.outcomes[0]?.steps.length, 1);
  t.deepEqual(gone.outcomes.slice(1).map(arrivals), [[['b 0 a:9']]]);
});

const FAULTS: readonly (readonly [string, Dialogue])[] = [
  ['two sockets have one name', dialogue([udp('a'), udp('a', 2)])],
  ['step 0: no socket is named b', dialogue([udp('a')], send('b', at('a')))],
  ['step 0: no socket is named c', dialogue([udp('a')], { moves: [], wait: 0, close: ['c'] })],
  ['step 0: a cannot connect', dialogue([udp('a')], connect('a', 'a'))],
  ['step 0: a cannot send', dialogue([tcp('a')], send('a', at('a')))],
  [
    'step 1: it goes where a later step is seen from',
    dialogue([udp('a')], send('a', at('a')), send('a', { seenIn: 1 })),
  ],
];

test('what cannot be held is told before anything is opened', async (t) => {
  for (const [error, one] of FAULTS) {
    const { outcomes, network } = await hold([one]);
    t.deepEqual(outcomes, [{ steps: [], error }]);
    t.deepEqual(network.orders, []);
  }
});

test('a port belongs to one dialogue', async (t) => {
  const at1 = (address?: string): Dialogue =>
    dialogue([{ ...tcp('a', true), ...(address !== undefined && { address }) }]);
  const { outcomes } = await hold([
    at1('10.0.0.1'),
    at1('10.0.0.2'),
    at1(),
    dialogue([udp('a')]),
    at1('10.0.0.1'),
  ]);
  const taken = 'a: tcp 1 of a: EADDRINUSE, by another dialogue';
  t.deepEqual(
    outcomes.map(({ error }) => error),
    [undefined, undefined, taken, undefined, taken],
  );
});

test('as many are held at the same time as there is room for', async (t) => {
  const many = Array.from({ length: 20 }, (_, index) =>
    dialogue([udp('a', index + 1), udp('b', index + 1)], send('a', at('b', index + 1))),
  );
  for (const room of [
    { machine: 4, total: 1000 },
    { machine: 1000, total: 8 },
  ]) {
    const { outcomes, network } = await hold(many, {}, { ...MANNER, room });
    t.is(network.most, 8);
    t.true(outcomes.every((outcome) => arrivals(outcome)[0]?.length === 1));
  }
  const small = await hold(many.slice(0, 2), {}, { ...MANNER, room: { machine: 1, total: 1 } });
  t.is(small.network.most, 2, 'one that needs more than there is is held alone');
});
