/** Where NATs of a few lines of iptables go wrong: hairpins, ICMP errors, timeouts. */
import type { ExecutionContext } from 'ava';
import test from 'ava';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEPENDENCES } from '../../src/core/nat-words.js';
import { guardMachine } from '../helpers/machine.js';
import type { Nat } from '../helpers/nat-lab.js';
import { FAR, masquerade, must, natLab, NEAR, PUBLIC } from '../helpers/nat-lab.js';
import type { Peer, Spot } from '../helpers/nat-peer.js';
import { call, moment, reach, send } from '../helpers/nat-peer.js';

guardMachine(test);

/** Two behind the NAT, each with a port that it has sent to the other by, as far as it goes. */
async function meet(t: ExecutionContext, nat: Nat) {
  const lab = await natLab(t, [masquerade(nat)]);
  const near = lab.peer('near');
  const place = await near.udp(6001, NEAR);
  const spots = [await lab.peer('a').udp(5000), await lab.peer('b').udp(5000)] as const;
  const doors = [
    (await reach(spots[0], place)) ?? place.at,
    (await reach(spots[1], place)) ?? place.at,
  ] as const;
  await send(spots[0], doors[1]);
  await send(spots[1], doors[0]);
  return { near, spots, doors };
}

for (const filtering of DEPENDENCES)
  test(`hairpin: two behind one NAT see each other under the public address (${filtering})`, async (t) => {
    const { spots, doors, near } = await meet(t, { filtering, hairpin: true });
    const [a, b] = spots;
    t.deepEqual(await reach(a, b, doors[1]), doors[0]);
    t.deepEqual(await reach(b, a, doors[0]), doors[1]);
    t.deepEqual(await reach(a, a, doors[0]), doors[0], 'itself');
    if (filtering !== 'endpoint-independent') return;
    // By TCP: a calls the port that b has called out from.
    const listener = await b.peer.listen(5001);
    const { seen: door } = await call(listener, await near.listen(6002, NEAR));
    const from = { peer: a.peer, at: { address: '0.0.0.0', port: 5002 } };
    const { seen } = await call(from, await near.listen(6003, NEAR));
    const met = await call(from, listener, door);
    t.true(met.isUp);
    t.deepEqual(met.seen, seen);
  });

test('hairpin: false, and nobody inside is reached by a public address', async (t) => {
  const { spots, doors } = await meet(t, { preset: 'full-cone', hairpin: false });
  const sent = await send(spots[0], doors[1]);
  await moment();
  t.is(spots[1].peer.heard(sent), undefined);
  t.deepEqual(
    spots.flatMap(({ peer }) => peer.events.filter(({ what }) => what === 'got')),
    [],
  );
});

for (const preset of ['home-router', 'symmetric'])
  test(`icmp-errors: false keeps them out, and nothing else: ${preset}`, async (t) => {
    const lab = await natLab(t, [masquerade({ preset, 'icmp-errors': false })]);
    await must(t, lab.sh('a', `ping -c 1 -W 2 ${NEAR}`));
    const spot = await lab.peer('a').udp(5000);
    await send(spot, { address: NEAR, port: 9 });
    await moment();
    t.deepEqual(spot.peer.errors(spot.socket), []);
    const place = await lab.peer('near').udp(6001, NEAR);
    const door = await reach(spot, place);
    t.deepEqual(await reach(place, spot, door), place.at);
  });

test('an ICMP error goes out under the public address', async (t) => {
  const lab = await natLab(t, [masquerade({ preset: 'full-cone' })]);
  const [a, far] = [lab.peer('a'), lab.peer('far')];
  const spot = await a.udp(5000);
  const door = (await reach(spot, await lab.peer('near').udp(6001, NEAR))) ?? spot.at;
  await a.say('close', spot.socket);
  const stranger = await far.udp(6001, FAR);
  await send(stranger, door);
  await far.until(() => far.errors(stranger.socket)[0]);
  t.deepEqual(far.errors(stranger.socket), ['ECONNREFUSED']);
});

const BRIEF = {
  ports: 'random',
  filtering: 'endpoint-independent',
  timeouts: { udp: '3s', 'udp-stream': '6s' },
};

async function brief(
  t: ExecutionContext,
  nat: Nat = {},
): Promise<{ spot: Spot; near: Spot; far: Spot; peer: Peer }> {
  const lab = await natLab(t, [masquerade({ ...BRIEF, ...nat })]);
  const peer = lab.peer('a');
  const [near, far] = [await lab.peer('near').udp(6001, NEAR), await lab.peer('far').udp(6001, FAR)];
  return { spot: await peer.udp(5000), near, far, peer };
}

test('timeouts: a mapping that nobody answers is there for udp, and gone after', async (t) => {
  const { spot, near, far, peer } = await brief(t);
  const first = await reach(spot, near);
  await sleep(1_000);
  t.deepEqual(await reach(spot, near), first, 'there');
  await sleep(1_000);
  t.deepEqual(await reach(spot, near), first, 'there, as it was used meanwhile');
  await sleep(3_700);
  const late = await send(far, first ?? far.at);
  await moment();
  t.is(peer.heard(late), undefined, 'shut');
  t.notDeepEqual(await reach(spot, near), first, 'gone');
});

test('timeouts: a mapping that was answered is there for udp-stream, and gone after', async (t) => {
  const { spot, near, far, peer } = await brief(t);
  const first = await reach(spot, near);
  t.deepEqual(await reach(near, spot, first), near.at);
  await sleep(4_000);
  t.deepEqual(await reach(far, spot, first), far.at, 'open');
  t.deepEqual(await reach(spot, near), first, 'there');
  await sleep(6_700);
  const late = await send(far, first ?? far.at);
  await moment();
  t.is(peer.heard(late), undefined, 'shut');
  t.notDeepEqual(await reach(spot, near), first, 'gone');
});

for (const mapping of ['endpoint-independent', 'address-dependent'])
  test(`timeouts: answers to one who came in by the mapping keep it (${mapping})`, async (t) => {
    const { spot, near, far } = await brief(t, { mapping });
    const place = mapping === 'endpoint-independent' ? far : await near.peer.udp(6009, NEAR);
    const first = await reach(spot, near);
    for (let turn = 0; turn < 6; turn += 1) {
      t.deepEqual(await reach(place, spot, first), place.at);
      t.deepEqual(await reach(spot, place), first);
      await sleep(1_300);
    }
    t.deepEqual(await reach(spot, near), first, 'long after the last packet to this one');
  });

test('timeouts: a refused stranger does not keep a port that was given up', async (t) => {
  const nat = { preset: 'full-cone', timeouts: { 'tcp-transitory': '2s' } };
  const lab = await natLab(t, [masquerade(nat)]);
  const [a, near, far] = [lab.peer('a'), lab.peer('near'), lab.peer('far')];
  const listener = await near.listen(6001, NEAR);
  const from = { peer: a, at: { address: '0.0.0.0', port: 5000 } };
  const first = await call(from, listener);
  await first.close();
  const stranger = await call({ peer: far, at: { address: FAR, port: 6001 } }, listener, first.seen);
  t.deepEqual(far.errors(stranger.name), ['ECONNREFUSED']);
  await sleep(3_000);
  const again = await call(from, listener);
  t.deepEqual(again.seen, { address: PUBLIC, port: 5000 });
});

const TCP_SERVER = `use IO::Socket::INET;
my $server = IO::Socket::INET->new(LocalPort => 80, Listen => 5, ReuseAddr => 1) or die;
alarm 60;
while (my $one = $server->accept) { next if fork; sysread $one, my $data, 1; print $one $data; sysread $one, $data, 1; exit }`;
/** Says a word, hears it again, and closes in good order after some seconds. */
const TCP_CLIENT = `use IO::Socket::INET;
my ($to, $port, $length) = @ARGV;
my $one;
for (1 .. 100) {
  $one = IO::Socket::INET->new(PeerAddr => $to, PeerPort => 80, LocalPort => $port, ReuseAddr => 1) and last;
  select undef, undef, undef, 0.1;
}
print $one "x"; sysread $one, my $data, 1 or die; sleep $length; close $one;`;

test('a connection that was closed gives its port back after the brief time, one that is open keeps it', async (t) => {
  const timeouts = { 'tcp-transitory': '40s', 'tcp-established': '1h' };
  const lab = await natLab(t, [masquerade({ timeouts })]);
  // They end with the lab.
  const program = (machine: string, ...argv: readonly string[]): Promise<unknown> =>
    lab.lab.exec(machine, ['perl', '-e', ...argv], { timeout: 60_000 }).catch(() => undefined);
  void program('near', TCP_SERVER);
  await program('a', TCP_CLIENT, NEAR, '5000', '0');
  void program('a', TCP_CLIENT, NEAR, '5001', '50');
  const left = async (port: number): Promise<string> => {
    const listed = await must(t, lab.sh('router', 'nft list map ip labnet ports1'));
    return new RegExp(`tcp \\. ${port} timeout \\S+ expires (\\S+)`).exec(listed)?.[1] ?? '';
  };
  for (let tries = 0; tries < 100 && !(await left(5001)).startsWith('59m'); tries += 1) await moment();
  t.regex(await left(5001), /^59m/);
  t.regex(await left(5000), /^(\d+s)?(\d+ms)?$/, 'seconds, and no minutes');
});
