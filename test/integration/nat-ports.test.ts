/** Which external ports and addresses a NAT chooses: again the same with a seed, and as `ports` and `pooling` say. */
import type { ExecutionContext } from 'ava';
import test from 'ava';
import { setTimeout } from 'node:timers/promises';
import { guardMachine } from '../helpers/machine.js';
import type { Nat } from '../helpers/nat-lab.js';
import { FAR, masquerade, must, natLab, NEAR, NEAR_TOO, PUBLIC } from '../helpers/nat-lab.js';
import type { Endpoint, Peer, Spot } from '../helpers/nat-peer.js';
import { call, reach } from '../helpers/nat-peer.js';

guardMachine(test);

type Three = { readonly a: Peer; readonly b: Peer; readonly places: readonly [Spot, Spot] };

async function open(t: ExecutionContext, nat: Nat): Promise<Three> {
  const lab = await natLab(t, [masquerade(nat)]);
  const [a, b] = [lab.peer('a'), lab.peer('b')];
  const places = [await lab.peer('near').udp(6001, NEAR), await lab.peer('far').udp(6001, FAR)] as const;
  return { a, b, places };
}

/** New mappings one after the other; as what they are seen at the first place, or at each. */
async function mappings(
  peer: Peer,
  ports: readonly number[],
  places: readonly Spot[],
): Promise<(Endpoint | undefined)[]> {
  const seen: (Endpoint | undefined)[] = [];
  for (const port of ports) {
    const spot = await peer.udp(port);
    for (const place of places) seen.push(await reach(spot, place));
  }
  return seen;
}

const portsOf = (seen: readonly (Endpoint | undefined)[]): number[] => seen.map((one) => one?.port ?? 0);
const upFrom = (first: number, length: number): number[] => Array.from({ length }, (_, at) => first + at);

for (const mapping of ['endpoint-independent', 'address-dependent', 'address-and-port-dependent'])
  test(`random ports with a seed: the same again, others with another seed (${mapping})`, async (t) => {
    const ports = async (seed: number): Promise<number[]> => {
      const { a, b, places } = await open(t, { mapping, ports: 'random', seed });
      const inside = upFrom(5000, 4);
      return portsOf([...(await mappings(a, inside, places)), ...(await mappings(b, inside, places))]);
    };
    const [first, again, other] = await Promise.all([ports(7), ports(7), ports(8)]);
    t.false(first.includes(0), 'all are seen');
    t.deepEqual(again, first);
    t.true(other.every((port, index) => port !== first[index]));
    const different = { 'endpoint-independent': 8 }[mapping] ?? 16;
    t.is(new Set(first).size, different);
  });

test('random ports without a seed are others in each lab', async (t) => {
  const ports = async (): Promise<number[]> => {
    const { a, places } = await open(t, { ports: 'random' });
    return portsOf(await mappings(a, upFrom(5000, 4), [places[0]]));
  };
  const [first, second] = await Promise.all([ports(), ports()]);
  t.notDeepEqual(first, second);
});

test('preserve: the inside port where it is free, another for the second host that has it', async (t) => {
  const { a, b, places } = await open(t, { ports: 'preserve' });
  const inside = upFrom(5000, 4);
  t.deepEqual(portsOf(await mappings(a, inside, [places[0]])), inside);
  const later = portsOf(await mappings(b, [...inside, 5004], [places[0]]));
  t.is(later.at(-1), 5004);
  t.is(new Set([...inside, ...later]).size, 9, later.join());
});

for (const mapping of ['address-dependent', 'address-and-port-dependent'])
  test(`preserve: a port that is free again is had again, beside the host's other mapping (${mapping})`, async (t) => {
    const timeouts = { udp: '2s', 'udp-stream': '60s' };
    const lab = await natLab(t, [masquerade({ mapping, timeouts })]);
    await must(t, lab.sh('near', `ip address add ${NEAR_TOO}/24 dev eth0`));
    const [near, far] = [lab.peer('near'), lab.peer('far')];
    const places = [
      await near.udp(6001, NEAR),
      await far.udp(6001, FAR),
      await near.udp(6001, NEAR_TOO),
    ] as const;
    const spot = await lab.peer('a').udp(5000);
    t.is((await reach(spot, places[0]))?.port, 5000);
    const other = await reach(spot, places[1]);
    t.not(other?.port, 5000);
    // What goes both ways for more than two seconds is a stream, and lives on.
    for (let turn = 0; turn < 5; turn += 1) {
      t.deepEqual(await reach(places[1], spot, other), places[1].at);
      t.deepEqual(await reach(spot, places[1]), other);
      await setTimeout(700);
    }
    t.is((await reach(spot, places[2]))?.port, 5000);
    t.deepEqual(await reach(spot, places[1]), other);
  });

test('sequential: one after the other, whoever asks', async (t) => {
  const { a, b, places } = await open(t, { ports: 'sequential', mapping: 'address-and-port-dependent' });
  const seen = [
    ...(await mappings(a, [5001, 5000], places)),
    ...(await mappings(b, [5000], places)),
    ...(await mappings(a, [9000], [places[0]])),
  ];
  const [first = 0] = portsOf(seen);
  t.deepEqual(portsOf(seen), upFrom(first, 7));
});

test('parity: even stays even and odd stays odd, also where the port is taken', async (t) => {
  const { a, b, places } = await open(t, { ports: 'parity' });
  const inside = upFrom(5000, 8);
  t.deepEqual(portsOf(await mappings(a, inside, [places[0]])), inside);
  const later = portsOf(await mappings(b, inside, [places[0]]));
  t.deepEqual(
    later.map((port) => port % 2),
    inside.map((port) => port % 2),
  );
  t.is(new Set([...inside, ...later]).size, 16, 'none is had twice');
});

test('blocks: each subscriber has ports of a block of its own, and no more', async (t) => {
  const { a, b, places } = await open(t, { preset: 'carrier-grade', 'block-size': 8 });
  const [place] = places;
  const [ofA, ofB] = await Promise.all([a, b].map((one) => mappings(one, upFrom(5000, 8), [place])));
  const block = (seen: readonly (Endpoint | undefined)[] = []) => portsOf(seen).sort((one, two) => one - two);
  t.deepEqual(block(ofA), upFrom(1024, 8));
  t.deepEqual(block(ofB), upFrom(1032, 8));
  t.is(await reach(await a.udp(5100), place), undefined, 'the ninth');
  // The other protocol has the same block once more.
  const listener = await place.peer.listen(6001, NEAR);
  const { seen } = await call({ peer: a, at: { address: '0.0.0.0', port: 5000 } }, listener);
  t.true(seen !== undefined && seen.port >= 1024 && seen.port < 1032, JSON.stringify(seen));
});

const POOL = ['203.0.113.20', '203.0.113.21'] as const;
const addressesOf = (seen: readonly (Endpoint | undefined)[]): string[] => [
  ...new Set(seen.map((one) => one?.address ?? '')),
];

test('a pool, paired: all of a host is seen under one address', async (t) => {
  const { a, b, places } = await open(t, { public: `${POOL[0]}-${POOL[1]}`, pooling: 'paired' });
  for (const peer of [a, b]) {
    const seen = await mappings(peer, upFrom(5000, 6), places);
    t.is(addressesOf(seen).length, 1, peer.machine);
    t.true(seen.every((one) => one !== undefined && (POOL as readonly string[]).includes(one.address)));
  }
});

test('a pool, arbitrary: a host has all addresses, a mapping has one, and each lets in', async (t) => {
  const nat = { public: [...POOL], pooling: 'arbitrary', filtering: 'endpoint-independent' };
  const { a, places } = await open(t, nat);
  const [near, far] = places;
  const found: string[] = [];
  for (const port of upFrom(5000, 4)) {
    const spot = await a.udp(port);
    const [here, there] = [await reach(spot, near), await reach(spot, far)];
    t.deepEqual(there, here);
    found.push(here?.address ?? '');
    const stranger = await far.peer.udp(port + 2000, FAR);
    t.deepEqual(await reach(stranger, spot, here), stranger.at, 'let in by the address that was seen');
  }
  t.deepEqual([...new Set(found)].sort(), [...POOL]);
});

test('a pool that lies in no segment is routed to the router', async (t) => {
  const { a, places } = await open(t, { public: '198.51.100.8/31', preset: 'full-cone' });
  const [near, far] = places;
  const spot = await a.udp(5000);
  const seen = await reach(spot, near);
  t.regex(seen?.address ?? '', /^198\.51\.100\.[89]$/);
  t.deepEqual(await reach(far, spot, seen), far.at);
  t.not(seen?.address, PUBLIC);
});
