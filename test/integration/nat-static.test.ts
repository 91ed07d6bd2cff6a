/** A host with a public address of its own: who may come in to it, and whether its neighbours reach it by that address. */
import test from 'ava';
import type { Dependence } from '../../src/core/nat-words.js';
import { DEPENDENCES } from '../../src/core/nat-words.js';
import { guardMachine } from '../helpers/machine.js';
import type { Nat } from '../helpers/nat-lab.js';
import { FAR, must, natLab, NEAR } from '../helpers/nat-lab.js';
import { call, moment, reach, send } from '../helpers/nat-peer.js';

guardMachine(test);

const OWN = '203.0.113.20';
const published = (more: Nat): Nat => ({ static: 'a', public: OWN, ...more });
const DOOR = { address: OWN, port: 5000 };

/** Which of a place that was asked, another port of it, and another address come in. */
const ENTITLED: Readonly<Record<Dependence, readonly [boolean, boolean, boolean]>> = {
  'endpoint-independent': [true, true, true],
  'address-dependent': [true, true, false],
  'address-and-port-dependent': [true, false, false],
};

for (const filtering of DEPENDENCES)
  test(`static, ${filtering} filtering: UDP and TCP come in as it says, pings do`, async (t) => {
    const lab = await natLab(t, [published({ filtering })]);
    t.deepEqual(await lab.complaints(), []);
    const [a, near, far] = [lab.peer('a'), lab.peer('near'), lab.peer('far')];
    const places = [
      await near.udp(6001, NEAR),
      await near.udp(6002, NEAR),
      await far.udp(6001, FAR),
    ] as const;
    const spot = await a.udp(DOOR.port);
    // An early packet leaves nothing behind.
    const early = await send(places[2], DOOR);
    if (filtering === 'endpoint-independent') t.truthy(await a.until(() => a.heard(early)));
    else await moment();
    t.is(a.heard(early) !== undefined, filtering === 'endpoint-independent');
    t.deepEqual(await reach(spot, places[0]), DOOR);
    const sent = await Promise.all(places.map((place) => send(place, DOOR)));
    for (const [which, one] of sent.entries())
      if (ENTITLED[filtering][which]) await a.until(() => a.heard(one));
    await moment();
    t.deepEqual(
      sent.map((one) => a.heard(one) !== undefined),
      [...ENTITLED[filtering]],
    );
    t.deepEqual(await reach(spot, places[2]), DOOR, 'its port is its own');
    t.deepEqual(await reach(places[2], spot, DOOR), places[2].at, 'let in once it was asked');

    const listener = await a.listen(DOOR.port);
    const asked = await call(listener, await near.listen(6001, NEAR));
    t.deepEqual(asked.seen, DOOR);
    const strangers = [
      { peer: near, at: { address: NEAR, port: 6002 } },
      { peer: far, at: { address: FAR, port: 6001 } },
    ];
    const [, ...entitled] = ENTITLED[filtering];
    const calls = await Promise.all(
      strangers.map((one, which) => call(one, listener, DOOR, entitled[which] ? undefined : 600)),
    );
    t.deepEqual(
      calls.map(({ isUp }) => isUp),
      entitled,
    );
    await must(t, lab.sh('far', `ping -c 1 -W 2 ${OWN}`));
  });

test('static: a neighbour reaches it by its public address, and with hairpin: false it does not', async (t) => {
  for (const hairpin of [true, false]) {
    const lab = await natLab(t, [published({ hairpin })]);
    t.deepEqual(await lab.complaints(), []);
    const spot = await lab.peer('a').udp(DOOR.port);
    const neighbour = await lab.peer('b').udp(5000);
    const listener = await spot.peer.listen(DOOR.port);
    const from = { peer: neighbour.peer, at: { address: '0.0.0.0', port: 5001 } };
    if (hairpin) {
      t.truthy(await reach(neighbour, spot, DOOR));
      t.true((await call(from, listener, DOOR)).isUp);
    } else {
      const sent = await send(neighbour, DOOR);
      t.false((await call(from, listener, DOOR, 600)).isUp);
      t.is(spot.peer.heard(sent), undefined);
    }
    const outside = await lab.peer('near').udp(6001, NEAR);
    t.deepEqual(await reach(outside, spot, DOOR), outside.at, 'from outside as ever');
  }
});

test('static: two published hosts see each other under their public addresses', async (t) => {
  const other = { address: '203.0.113.21', port: 5000 };
  const lab = await natLab(t, [published({}), { static: 'b', public: other.address }]);
  const [a, b] = [await lab.peer('a').udp(5000), await lab.peer('b').udp(5000)];
  t.deepEqual(await reach(a, b, other), DOOR);
  t.deepEqual(await reach(b, a, DOOR), other);
});
