/** Every preset as its hosts need it: early packets take no port, pings and ICMP errors come back, forwarded ports stay open. */
import type { ExecutionContext } from 'ava';
import test from 'ava';
import type { Behaviour } from '../../src/nat/behaviour.js';
import { PRESETS, STATIC_PRESET } from '../../src/nat/presets/index.js';
import { guardMachine } from '../helpers/machine.js';
import type { Nat, NatLab } from '../helpers/nat-lab.js';
import { FAR, INSIDE, masquerade, must, natLab, NEAR, PUBLIC } from '../helpers/nat-lab.js';
import type { Peer } from '../helpers/nat-peer.js';
import { call, reach, send } from '../helpers/nat-peer.js';

guardMachine(test);

const FORWARDS: readonly Nat[] = [
  { forward: 'tcp/8080', via: 'internet', to: 'a:80' },
  { forward: 'udp/8080', via: 'internet', to: 'a:80' },
];
const FORWARDED = { address: PUBLIC, port: 8080 };

for (const [preset, { behaviour }] of Object.entries(PRESETS)) {
  if (preset === STATIC_PRESET) continue;
  test(preset, async (t) => {
    const lab = await natLab(t, [masquerade({ preset }), ...FORWARDS]);
    const peers = ['a', 'b', 'near', 'far'].map(lab.peer) as unknown as Peers;
    await Promise.all([
      early(t, peers, behaviour),
      pings(t, lab),
      closedPort(t, peers),
      forwards(t, peers, behaviour.hairpin),
    ]);
    t.deepEqual(await lab.complaints(), []);
  });
}

type Peers = readonly [a: Peer, b: Peer, near: Peer, far: Peer];

/** Somebody outside sends to a port before the host that will have it sends from it. */
async function early(
  t: ExecutionContext,
  [a, , near, far]: Peers,
  { ports, mapping }: Behaviour,
): Promise<void> {
  const [place, other] = [await far.udp(6001, FAR), await near.udp(6001, NEAR)];
  const door = { address: PUBLIC, port: 5000 };
  const spot = await a.udp(door.port);
  const sent: string[] = [];
  for (let turn = 0; turn < 3; turn += 1) sent.push(await send(place, door));
  const at = { address: FAR, port: 6002 };
  const knock = await call({ peer: far, at }, await a.listen(door.port), door, 400);
  t.false(knock.isUp);
  await knock.close();
  t.true(sent.every((one) => a.heard(one) === undefined));
  const seen = await reach(spot, place);
  t.is(seen?.address, PUBLIC);
  t.deepEqual(await reach(place, spot, seen), place.at);
  const tcp = await call({ peer: a, at: { ...spot.at } }, await far.listen(at.port, FAR));
  t.true(tcp.isUp);
  if (ports !== 'preserve') return;
  t.deepEqual(seen, door);
  t.deepEqual(tcp.seen, door);
  if (mapping === 'endpoint-independent') t.deepEqual(await reach(spot, other), door);
}

/** Two hosts at the same time, whose echoes have the same identifier. */
async function pings(t: ExecutionContext, { sh }: NatLab): Promise<void> {
  const ping = (machine: string) => must(t, sh(machine, `ping -e 77 -c 3 -i 0.2 -W 4 ${NEAR}`));
  for (const said of await Promise.all(['a', 'b'].map(ping))) t.regex(said, /3 received/);
}

async function closedPort(t: ExecutionContext, [a]: Peers): Promise<void> {
  const spot = await a.udp(5001);
  await send(spot, { address: NEAR, port: 9 });
  await a.until(() => a.errors(spot.socket)[0]);
  t.deepEqual(a.errors(spot.socket), ['ECONNREFUSED']);
}

/** Open to everybody, by the address that was asked, and nobody's mapping. */
async function forwards(t: ExecutionContext, [a, b, near, far]: Peers, isHairpin: boolean): Promise<void> {
  const [tcp, udp] = [await a.listen(80), await a.udp(80)];
  const own = await reach(await b.udp(FORWARDED.port), await near.udp(6009, NEAR));
  t.is(own?.address, PUBLIC);
  t.not(own?.port, FORWARDED.port, 'of a host that has the forwarded number itself');
  const strangers = [
    [near, NEAR],
    [far, FAR],
  ] as const;
  for (const [peer, address] of strangers) {
    const spot = await peer.udp(7000, address);
    t.deepEqual(await reach(spot, udp, FORWARDED), spot.at);
    t.deepEqual(await reach(udp, spot), FORWARDED);
    const at = { address, port: 7001 };
    t.deepEqual((await call({ peer, at }, tcp, FORWARDED)).seen, at);
  }
  if (!isHairpin) return;
  t.is((await reach(await b.udp(7000), udp, FORWARDED))?.address, PUBLIC, 'from inside');
  const inside = await call({ peer: b, at: { address: INSIDE.b, port: 7001 } }, tcp, FORWARDED);
  t.is(inside.seen?.address, PUBLIC, 'from inside');
}
