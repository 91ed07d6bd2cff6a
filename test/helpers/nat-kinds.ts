/** A NAT of a kind in the middle of a lab, as two hosts inside and three places outside find it. */
import type { ExecutionContext } from 'ava';
import type { Dependence } from '../../src/core/nat-words.js';
import type { NatLab, Places } from './nat-lab.js';
import type { Call, Endpoint, Peer, Spot } from './nat-peer.js';
import { call, moment, reach, send } from './nat-peer.js';

export type Kind = { readonly mapping: Dependence; readonly filtering: Dependence };
type Two = readonly [Peer, Peer];
type Stage = { readonly at: Places; readonly inside: Two; readonly near: Peer; readonly far: Peer };

/** What peers see who share nothing with labnet, over UDP and TCP, of two hosts with the same port. */
export async function holdsKind(t: ExecutionContext, lab: NatLab, kind: Kind, at: Places): Promise<void> {
  const [near, far] = [lab.peer('near'), lab.peer('far')];
  const stage: Stage = { at, inside: [lab.peer('a'), lab.peer('b')], near, far };
  await Promise.all([
    udpMapping(t, kind, stage),
    udpFiltering(t, kind, stage),
    tcpMapping(t, kind, stage),
    tcpFiltering(t, kind, stage),
  ]);
}

const text = (seen: Endpoint | undefined): string => (seen ? `${seen.address}:${seen.port}` : 'not seen');

/** By where one inside endpoint is seen from: by a place, by another port of it, and by another address. */
function mapsAs(
  t: ExecutionContext,
  mapping: Dependence,
  shown: string,
  seen: readonly (Endpoint | undefined)[],
): void {
  const all = seen.map(text);
  for (const one of seen) t.is(one?.address, shown, all.join(' '));
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
async function udpMapping(t: ExecutionContext, { mapping }: Kind, { at, inside, near, far }: Stage) {
  const hosts = await Promise.all(inside.map((peer) => peer.udp(5001, at.any)));
  const places = await Promise.all([near.udp(6001, at.near), near.udp(6002, at.near), far.udp(6001, at.far)]);
  const seen = await Promise.all(hosts.map((host) => Promise.all(places.map((place) => reach(host, place)))));
  for (const one of seen) mapsAs(t, mapping, at.public, one);
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

async function udpFiltering(t: ExecutionContext, { filtering }: Kind, { at, inside, near, far }: Stage) {
  const hosts = await Promise.all(inside.map((peer) => peer.udp(5002, at.any)));
  const places = await Promise.all([near.udp(6011, at.near), near.udp(6012, at.near), far.udp(6011, at.far)]);
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

async function tcpMapping(t: ExecutionContext, { mapping }: Kind, { at, inside, near, far }: Stage) {
  const places = await Promise.all([
    near.listen(6001, at.near),
    near.listen(6002, at.near),
    far.listen(6001, at.far),
  ]);
  const from = { address: at.any, port: 5001 };
  const calls = await Promise.all(
    inside.map((peer) => Promise.all(places.map((place) => call({ peer, at: from }, place)))),
  );
  for (const one of calls) {
    t.true(one.every(({ isUp }) => isUp));
    mapsAs(t, mapping, at.public, seenIn(one));
  }
  areApart(t, calls.map(seenIn));
}

/** As peers do: they listen at the port from which they called, and others call the port that was seen. */
async function tcpFiltering(t: ExecutionContext, { filtering }: Kind, { at, inside, near, far }: Stage) {
  const hosts = await Promise.all(inside.map((peer) => peer.listen(5002, at.any)));
  const first = await near.listen(6011, at.near);
  const doors = await Promise.all(hosts.map((host) => call(host, first)));
  const strangers = [
    { peer: near, at: { address: at.near, port: 6012 } },
    { peer: far, at: { address: at.far, port: 6011 } },
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
      strangers.map((one, which) => (entitled[which] ? one.at : undefined)),
      where,
    );
    await Promise.all(calls.map(({ close }) => close()));
  }
}
