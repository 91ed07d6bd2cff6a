/** What the file declares of a NAT is what coturn, a program of the tests' own and labnet itself see: all nine kinds. */
import type { ExecutionContext } from 'ava';
import test from 'ava';
import type { Dependence } from '../../src/core/nat-words.js';
import { DEPENDENCES } from '../../src/core/nat-words.js';
import { guardMachine } from '../helpers/machine.js';
import type { NatLab } from '../helpers/nat-lab.js';
import { FAR, masquerade, must, natLab, NEAR, NEAR_TOO, PUBLIC } from '../helpers/nat-lab.js';
import type { Call, Endpoint, Peer, Spot } from '../helpers/nat-peer.js';
import { call, moment, reach, send } from '../helpers/nat-peer.js';

guardMachine(test);

/** Every way of mapping meets every way of choosing ports. */
const PORTS = ['preserve', 'random', 'sequential'] as const;

for (const [row, mapping] of DEPENDENCES.entries())
  for (const [column, filtering] of DEPENDENCES.entries()) {
    const ports = PORTS[(row + column) % PORTS.length];
    test(`${mapping} mapping, ${filtering} filtering, ${ports ?? ''} ports`, async (t) => {
      const lab = await natLab(t, [masquerade({ preset: 'symmetric', mapping, filtering, ports })]);
      await must(t, lab.sh('near', `ip address add ${NEAR_TOO}/24 dev eth0`));
      const kind = { mapping, filtering };
      const [near, far] = [lab.peer('near'), lab.peer('far')];
      const inside = [lab.peer('a'), lab.peer('b')] as const;
      await Promise.all([
        udpMapping(t, kind, inside, near, far),
        udpFiltering(t, kind, inside, near, far),
        tcpMapping(t, kind, inside, near, far),
        tcpFiltering(t, kind, inside, near, far),
        coturnSays(t, lab).then((said) => t.deepEqual(said, kind)),
        lab.complaints().then((found) => t.deepEqual(found, [])),
      ]);
    });
  }

type Kind = { readonly mapping: Dependence; readonly filtering: Dependence };
type Two = readonly [Peer, Peer];

const WORDS: Readonly<Record<string, Dependence>> = {
  'Endpoint Independent': 'endpoint-independent',
  'Address Dependent': 'address-dependent',
  'Address and Port Dependent': 'address-and-port-dependent',
};

const TURNSERVER = `turnserver -n --no-cli --no-auth --no-tls --no-dtls -L ${NEAR} -L ${NEAR_TOO} --pidfile /run/turn.pid \
  --userdb /run/turn.db --log-file stdout >/run/turn.log 2>&1 &
for try in $(seq 100); do [ "$(ss -Hlun 'sport = :3479' | wc -l)" -ge 2 ] && exit; sleep 0.1; done; cat /run/turn.log; exit 1`;

async function coturnSays(t: ExecutionContext, { sh }: NatLab): Promise<Partial<Kind>> {
  await must(t, sh('near', TURNSERVER));
  const said = await must(t, sh('a', `turnutils_natdiscovery -m -f -p 3478 ${NEAR} 2>&1`));
  const [, mapping = ''] = /NAT with (.*) Mapping!/.exec(said) ?? [];
  const [, filtering = ''] = /NAT with (.*) Filtering!/.exec(said) ?? [];
  return { mapping: WORDS[mapping] ?? said, filtering: WORDS[filtering] ?? said } as Partial<Kind>;
}

const text = (seen: Endpoint | undefined): string => (seen ? `${seen.address}:${seen.port}` : 'not seen');

/** By where one inside endpoint is seen from: by a place, by another port of it, and by another address. */
function mapsAs(t: ExecutionContext, mapping: Dependence, seen: readonly (Endpoint | undefined)[]): void {
  const all = seen.map(text);
  for (const one of seen) t.is(one?.address, PUBLIC, all.join(' '));
  const isSame = [all[0] === all[1], all[0] === all[2], all[1] === all[2]];
  const expected = {
    'endpoint-independent': [true, true, true],
    'address-dependent': [true, false, false],
    'address-and-port-dependent': [false, false, false],
  }[mapping];
  t.deepEqual(isSame, expected, `${mapping}: ${all.join(' ')}`);
}

function areApart(
  t: ExecutionContext,
  [a = [], b = []]: readonly (readonly (Endpoint | undefined)[])[],
): void {
  const ofB = new Set(b.map(text));
  t.deepEqual(
    a.map(text).filter((one) => ofB.has(one)),
    [],
  );
}

/** Two hosts send from the same port at the same time. */
async function udpMapping(t: ExecutionContext, { mapping }: Kind, inside: Two, near: Peer, far: Peer) {
  const hosts = await Promise.all(inside.map((peer) => peer.udp(5001)));
  const places = await Promise.all([near.udp(6001, NEAR), near.udp(6002, NEAR), far.udp(6001, FAR)]);
  const seen = await Promise.all(hosts.map((host) => Promise.all(places.map((place) => reach(host, place)))));
  for (const one of seen) mapsAs(t, mapping, one);
  areApart(t, seen);
  await answersFindTheirWay(t, hosts, places, seen);
}

async function answersFindTheirWay(
  t: ExecutionContext,
  hosts: readonly Spot[],
  places: readonly Spot[],
  seen: readonly (readonly (Endpoint | undefined)[])[],
): Promise<void> {
  for (const [index, host] of hosts.entries())
    for (const [which, place] of places.entries()) {
      const by = seen[index]?.[which] ?? place.at;
      t.deepEqual(await reach(place, host, by), place.at, `to ${host.peer.machine}`);
    }
}

/** Which of three places may send to a port that was opened towards the first. */
const ENTITLED: Readonly<Record<Dependence, readonly [boolean, boolean, boolean]>> = {
  'endpoint-independent': [true, true, true],
  'address-dependent': [true, true, false],
  'address-and-port-dependent': [true, false, false],
};

async function udpFiltering(t: ExecutionContext, { filtering }: Kind, inside: Two, near: Peer, far: Peer) {
  const hosts = await Promise.all(inside.map((peer) => peer.udp(5002)));
  const places = await Promise.all([near.udp(6011, NEAR), near.udp(6012, NEAR), far.udp(6011, FAR)]);
  const [first] = places;
  const doors = await Promise.all(hosts.map((host) => reach(host, first)));
  const sent = await Promise.all(
    doors.map((door) => Promise.all(places.map((place) => send(place, door ?? place.at)))),
  );
  for (const [index, { peer, socket }] of hosts.entries())
    for (const one of sent[index]?.filter((_, which) => ENTITLED[filtering][which]) ?? [])
      await peer.until(() => peer.heard(one, socket));
  await moment();
  for (const [index, { peer, socket }] of hosts.entries()) {
    const came = sent[index]?.map((one) => peer.heard(one, socket) !== undefined);
    t.deepEqual(came, [...ENTITLED[filtering]], `${filtering}: ${peer.machine} by ${text(doors[index])}`);
    const others = sent[1 - index]?.filter((one) => peer.heard(one) !== undefined);
    t.deepEqual(others, [], `${peer.machine} hears what is for the other`);
  }
}

const seenIn = (calls: readonly Call[]) => calls.map(({ seen }) => seen);

async function tcpMapping(t: ExecutionContext, { mapping }: Kind, inside: Two, near: Peer, far: Peer) {
  const places = await Promise.all([near.listen(6001, NEAR), near.listen(6002, NEAR), far.listen(6001, FAR)]);
  const at = { address: '0.0.0.0', port: 5001 };
  const calls = await Promise.all(
    inside.map((peer) => Promise.all(places.map((place) => call({ peer, at }, place)))),
  );
  for (const one of calls) {
    t.true(one.every(({ isUp }) => isUp));
    mapsAs(t, mapping, seenIn(one));
  }
  areApart(t, calls.map(seenIn));
}

/** As peers do: they listen at the port from which they called, and others call the port that was seen. */
async function tcpFiltering(t: ExecutionContext, { filtering }: Kind, inside: Two, near: Peer, far: Peer) {
  const hosts = await Promise.all(inside.map((peer) => peer.listen(5002)));
  const first = await near.listen(6011, NEAR);
  const doors = await Promise.all(hosts.map((host) => call(host, first)));
  const strangers = [
    { peer: near, at: { address: NEAR, port: 6012 } },
    { peer: far, at: { address: FAR, port: 6011 } },
  ];
  for (const [index, host] of hosts.entries()) {
    const door = doors[index]?.seen ?? host.at;
    const [, ...entitled] = ENTITLED[filtering];
    const calls = await Promise.all(
      strangers.map((one, which) => call(one, host, door, entitled[which] ? undefined : 600)),
    );
    const where = `${filtering}: ${host.peer.machine} by ${text(door)}`;
    t.deepEqual(
      calls.map(({ isUp }) => isUp),
      entitled,
      where,
    );
    // What is answered was heard at the right host, and as from where it came.
    t.deepEqual(
      seenIn(calls),
      strangers.map(({ at }, which) => (entitled[which] ? at : undefined)),
      where,
    );
    await Promise.all(calls.map(({ close }) => close()));
  }
}
