/** How a dialogue goes, in a network of this process. */
import test from 'ava';
import type { DialogueStep, Endpoint } from '../../../../src/core/dialogue.js';
import type { Weather } from '../../../helpers/network.js';
import {
  MANNER,
  WAIT,
  arrivals,
  at,
  connect,
  dialogue,
  hold,
  send,
  tcp,
  udp,
} from '../../../helpers/network.js';

test('a later step goes to where an earlier one was seen to come from', async (t) => {
  const both: DialogueStep = {
    moves: [
      { do: 'send', socket: 'b', to: at('s') },
      { do: 'send', socket: 'a', to: at('s') },
    ],
    wait: WAIT,
  };
  const { outcomes } = await hold(
    [
      dialogue(
        [udp('a'), udp('b'), udp('s'), udp('next', 1005)],
        both,
        send('s', { seenIn: 0 }),
        send('s', { seenIn: 0, move: 1 }),
        send('s', { seenIn: 0, by: 's', move: 1, shift: 5 }),
        send('s', { seenIn: 0, by: 'next' }),
        send('s', { seenIn: 4 }),
      ),
    ],
    { seenAs: ({ machine, port }) => (machine === 'a' ? 1000 : port) },
  );
  t.deepEqual(outcomes.map(arrivals), [[['s 0 b:1', 's 1 a:1000'], ['b 0 s:1'], ['a 0 s:1'], [], [], []]]);
  t.deepEqual(
    outcomes[0]?.steps.map(({ skipped = false }) => skipped),
    [false, false, false, false, true, true],
  );
});

test('datagrams are sent again until they arrive, and not after', async (t) => {
  const one = dialogue([udp('a'), udp('b')], {
    ...send('a', at('b')),
    repeat: { times: 5, interval: 10 },
  });
  const { outcomes, network } = await hold([one], { lost: (_, count) => count < 2 });
  t.deepEqual(outcomes.map(arrivals), [[['b 0 a:1']]]);
  t.is(network.orders.filter((order) => order === 'send a').length, 3);
});

test('each side of a hole is sent again until its own arrives', async (t) => {
  const one = dialogue([udp('a'), udp('b')], {
    moves: [
      { do: 'send', socket: 'a', to: at('b') },
      { do: 'send', socket: 'b', to: at('a') },
    ],
    repeat: { times: 5, interval: 10 },
    wait: WAIT,
  });
  const { outcomes, network } = await hold([one], { lost: (_, count) => count === 0 });
  t.deepEqual(outcomes.map(arrivals), [[['b 0 a:1', 'a 1 b:1']]]);
  t.is(network.orders.filter((order) => order === 'send a').length, 2);
  t.is(network.orders.filter((order) => order === 'send b').length, 1);
});

test('what never arrives is waited for as long as said, times the patience', async (t) => {
  const one = dialogue([udp('a')], {
    ...send('a', at('nobody')),
    repeat: { times: 2, interval: 20 },
  });
  const { outcomes, duration } = await hold([one], {}, { ...MANNER, patience: 2 });
  t.deepEqual(outcomes, [{ steps: [{ arrivals: [], errors: [] }] }]);
  t.true(duration >= 2 * (2 * 20 + WAIT) - 5, String(duration));
  const pause = await hold(
    [dialogue([udp('a')], { moves: [], wait: WAIT })],
    {},
    { ...MANNER, patience: 1000 },
  );
  t.true(pause.duration >= WAIT - 2 && pause.duration < 1000 * WAIT, 'a pause is no longer than it says');
});

test('a step that waits for nothing goes on, and what arrives later is of no step', async (t) => {
  const { outcomes, duration } = await hold([
    dialogue(
      [udp('a'), udp('b')],
      { ...send('a', at('b')), wait: 10_000, enough: 0 },
      { ...send('b', at('a')), wait: 10_000, enough: 1 },
    ),
  ]);
  t.deepEqual(outcomes.map(arrivals), [[[], ['a 0 b:1']]]);
  t.true(duration < 10_000);
});

test('a connection counts when both ends have heard of each other', async (t) => {
  const open: DialogueStep = {
    moves: [
      { do: 'connect', socket: 'a', to: at('b') },
      { do: 'connect', socket: 'b', to: at('a') },
    ],
    wait: 10_000,
  };
  const { outcomes, duration } = await hold([
    dialogue([tcp('a'), tcp('s', true)], { ...connect('a', 's'), wait: 10_000 }),
    dialogue([tcp('a', false, 2), { ...tcp('b', false, 2) }], {
      ...open,
      moves: open.moves.map((move) => ({ ...move, to: { ...(move.to as Endpoint), port: 2 } })),
    }),
  ]);
  t.deepEqual(outcomes.map(arrivals), [[['a 0 s:1', 's 0 a:1']], [['a 0 b:2', 'b 1 a:2']]]);
  t.true(duration < 10_000);
});

test('a connection under way is called off with its step, unless that goes on at once', async (t) => {
  const there = connect('a', 'b');
  const back = connect('b', 'a');
  const off = await hold([dialogue([tcp('a'), tcp('b')], there, back)]);
  t.deepEqual(off.outcomes.map(arrivals), [[[], []]]);
  t.deepEqual(
    off.network.orders.filter((order) => order.startsWith('cancel')),
    ['cancel a', 'cancel b'],
  );
  const on = await hold([dialogue([tcp('a'), tcp('b')], { ...there, enough: 0 }, back)]);
  t.deepEqual(on.outcomes.map(arrivals), [[[], ['a 0 b:1', 'b 0 a:1']]]);
});

test('a step whose moves have all failed is over, after the last attempt', async (t) => {
  const step = { ...connect('a', 's'), wait: 10_000 };
  const refused: Weather = { refused: (_, count) => (count < 2 ? 'ECONNREFUSED' : undefined) };
  const sockets = [tcp('a'), tcp('s', true)];
  const once = await hold([dialogue(sockets, step)], refused);
  t.deepEqual(once.outcomes[0]?.steps, [
    { arrivals: [], errors: [{ socket: 'a', move: 0, error: 'ECONNREFUSED' }] },
  ]);
  const again = await hold([dialogue(sockets, { ...step, repeat: { times: 3, interval: 10 } })], refused);
  t.deepEqual(again.outcomes.map(arrivals), [[['a 0 s:1', 's 0 a:1']]]);
  t.deepEqual(again.outcomes[0]?.steps[0]?.errors, []);
});

test('a connection that the other side made first is no error', async (t) => {
  const { outcomes, duration } = await hold(
    [
      dialogue([tcp('a', true), tcp('b', true)], {
        moves: [
          { do: 'connect', socket: 'a', to: at('b') },
          { do: 'connect', socket: 'b', to: at('a') },
        ],
        repeat: { times: 100, interval: 100 },
        wait: 10_000,
      }),
    ],
    { refused: ({ from }) => (from.machine === 'b' ? 'EADDRNOTAVAIL' : undefined) },
  );
  t.deepEqual(outcomes.map(arrivals), [[['a 0 b:1', 'b 0 a:1']]]);
  t.deepEqual(outcomes[0]?.steps[0]?.errors, []);
  t.true(duration < 10_000);
});

test('no port is no destination', async (t) => {
  const { outcomes } = await hold([
    dialogue([udp('a'), udp('s')], send('a', at('s')), send('s', { seenIn: 0, shift: -1 })),
  ]);
  t.deepEqual(outcomes[0]?.steps[1], { arrivals: [], errors: [{ socket: 's', move: 0, error: 'EINVAL' }] });
});

test('sockets are closed where a step says so, and all of them at the end', async (t) => {
  const { network } = await hold([
    dialogue(
      [udp('a'), udp('b')],
      { ...send('a', at('b')), close: ['b'] },
      { ...send('b', at('a')), close: ['a'] },
    ),
  ]);
  t.is(network.open.size, 0);
  t.deepEqual(network.orders, [
    ...['open a', 'open b', 'close b', 'send a'],
    ...['close a', 'send b', 'close a', 'close b'],
  ]);
});
