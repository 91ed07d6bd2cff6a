/** A prefix that is seen as another (RFC 6296): host by host, both ways, with what ICMP says, and without any state. */
import type { ExecutionContext } from 'ava';
import test from 'ava';
import { Lab } from '../../src/index.js';
import { World } from '../helpers/cli.js';
import { guardMachine } from '../helpers/machine.js';
import type { NatLab } from '../helpers/nat-lab.js';
import { must, natLab, PLACES, topology6 } from '../helpers/nat-lab.js';
import { call, reach, send } from '../helpers/nat-peer.js';

guardMachine(test);

const at = PLACES[6];
const npt = { nptv6: 'home', via: 'internet' };

/** What a and b are seen as, with a prefix of /64 and of /48. */
const SEEN = [
  { public: '2001:db8:1::/64', a: '2001:db8:1:0:cf46::2', b: '2001:db8:1:0:cf46::3' },
  { public: '2001:db8:1::/48', a: '2001:db8:1:cf46::2', b: '2001:db8:1:cf46::3' },
];

const lab6 = (t: ExecutionContext, shown: string): Promise<NatLab> =>
  natLab(t, [], ({ name }) => topology6(name, [{ ...npt, public: shown }]));

for (const { public: shown, a: seenA, b: seenB } of SEEN)
  test(`${shown}: seen as computed, reached by it, from outside and from beside`, async (t) => {
    const lab = await lab6(t, shown);
    const [a, b, near, far] = ['a', 'b', 'near', 'far'].map((machine) => lab.peer(machine));
    if (!a || !b || !near || !far) throw new Error('no peers');
    const [spotA, spotB] = await Promise.all([a.udp(5000, at.any), b.udp(5000, at.any)]);
    const [placeNear, placeFar] = await Promise.all([near.udp(6001, at.near), far.udp(6001, at.far)]);
    t.deepEqual(await reach(spotA, placeNear), { address: seenA, port: 5000 });
    t.deepEqual(await reach(spotB, placeFar), { address: seenB, port: 5000 });
    // Nobody has to be asked first.
    t.deepEqual(await reach(placeFar, spotA, { address: seenA, port: 5000 }), placeFar.at);
    t.deepEqual(await reach(spotA, spotB, { address: seenB, port: 5000 }), { address: seenA, port: 5000 });
    const listening = await b.listen(7000, at.any);
    const called = await call({ peer: far, at: { address: at.far, port: 7001 } }, listening, {
      address: seenB,
      port: 7000,
    });
    t.true(called.isUp);
    t.deepEqual(called.seen, { address: at.far, port: 7001 });
    t.deepEqual(await lab.complaints(), []);
  });

const lab64 = { nptv6: 'lab', public: '2001:db8:a1::/64', via: 'wan' };
/** What else a router with a translated prefix may have. */
const BESIDE: Readonly<Record<string, readonly object[]>> = {
  'another segment': [lab64],
  'another prefix': [lab64, { nptv6: 'lan', public: '2001:db8:a3::/64', via: 'wan' }],
  'NAT of IPv4': [lab64, { masquerade: 'lan', via: 'wan' }],
  'NAT that keeps state': [lab64, { nat66: 'lan', via: 'wan' }],
  'another provider': [lab64, { nptv6: 'lab', public: '2001:db8:a2::/64', via: 'wan2' }],
};

for (const [what, nat] of Object.entries(BESIDE))
  test(`a translated prefix beside ${what}: all that verify asks is so, and TCP answers by the address that was asked`, async (t) => {
    const world = new World();
    t.teardown(() => world.end());
    const topology: object = {
      name: 'npt-beside',
      segments: {
        lan: { subnet: '10.5.0.0/24', subnet6: 'fd00:5::/64' },
        lab: { subnet6: 'fd00:6::/64' },
        wan: { subnet: '203.0.113.0/24', subnet6: '2001:db8:f1::/64' },
        wan2: { subnet6: '2001:db8:f2::/64' },
      },
      hosts: {
        a: 'lan',
        b: 'lab',
        c: 'lab',
        s: { wan: { address: 'auto', address6: '2001:db8:f1::9' } },
        s2: 'wan2',
      },
      routers: { r: { interfaces: { lan: 'auto', lab: 'auto', wan: 'auto', wan2: 'auto' }, nat } },
      checks: [{ tcp: 's -> b:80' }, { tcp: 'b -> [2001:db8:f1::9]:80' }],
    };
    const lab = await Lab.up(topology as Parameters<typeof Lab.up>[0], { stateDir: world.stateDir });
    t.teardown(() => lab.down());
    const { verdicts } = await lab.verify();
    t.deepEqual(
      verdicts.filter(({ status }) => status !== 'pass').map(({ id, observed }) => `${id}: ${observed}`),
      [],
    );
  });

test('an ICMP error finds its way to the socket that it is about', async (t) => {
  const lab = await lab6(t, '2001:db8:1::/48');
  const a = lab.peer('a');
  const spot = await a.udp(5000, at.any);
  for (let tries = 0; tries < 20 && a.errors(spot.socket).length === 0; tries += 1) {
    await send(spot, { address: at.near, port: 9 });
    await a.until(() => a.errors(spot.socket)[0], 200);
  }
  t.is(a.errors(spot.socket)[0], 'ECONNREFUSED');
});

test('the router keeps no state, and nobody untranslated gets in', async (t) => {
  const lab = await lab6(t, '2001:db8:1::/48');
  const place = await lab.peer('near').udp(6001, at.near);
  t.truthy(await reach(await lab.peer('a').udp(5000, at.any), place));
  t.is(await must(t, lab.sh('router', 'cat /proc/net/nf_conntrack 2>/dev/null | grep -c ipv6 || :')), '0\n');
  await must(t, lab.sh('near', `ip -6 route add fd00::/64 via ${at.public}`));
  const ping = await lab.sh('near', 'ping -6 -c2 -i0.2 -W1 fd00::2');
  t.is(ping.exitCode, 1, ping.stdout);
});

test('what is planted against it is found', async (t) => {
  const lab = await lab6(t, '2001:db8:1::/48');
  await must(t, lab.sh('router', 'ip6tables -t mangle -F LABNET-NPT-OUT'));
  const complaints = await lab.complaints();
  t.true(
    complaints.some(({ kind, cause = '' }) => kind === 'seen-as' && /wrong source|lost|no route/.test(cause)),
  );
});
