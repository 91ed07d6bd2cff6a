/** What machines say of their changes, in words; and networks that a lab must not have. */
import test from 'ava';
import { guestChanges } from '../../../src/drivers/remote/guest-changes.js';
import { managementTrouble } from '../../../src/drivers/remote/management.js';
import { requireInPlace } from '../../../src/drivers/vagrant/alter.js';
import { LabnetError } from '../../../src/core/errors.js';
import { example, labOf } from '../../helpers/topologies.js';

const SAID = `labnet: note: something
labnet: change: file added address @home@ 192.168.1.77/24
labnet: change: file added route -4 192.168.1.0/24 dev @home@ src 192.168.1.77
labnet: change: file added policy -4 7100 iif @home@ lookup 7110
labnet: change: hand changed route -4 default via 192.168.1.1 dev @home@ was route -4 default via 192.168.1.11 dev @home@
labnet: change: file added route -6 unreachable 2001:db8::/64
labnet: change: hand changed setting ipv4/conf/@home@/rp_filter 0 was setting ipv4/conf/@home@/rp_filter 2
labnet: change: hand removed policy -6 7101 from 2001:db8::9 lookup main
labnet: change: hand changed link @home@ down
labnet: change: file changed impair @home@ up loss 1%, rate 5mbit was rate 5mbit
labnet: change: hand removed impair @home@ down cut
labnet: change: file changed mtu @home@ 1400 was mtu @home@ 1500
labnet: change: file removed mtu @office@ 1280
labnet: change: hand changed losses
labnet: applied 123
`;

test('changes are told with their reasons, and what follows from an address with it', (t) => {
  t.deepEqual(
    guestChanges('gate', SAID).map(({ reason, change, text }) => `${reason ?? ''} ${change} ${text}`),
    [
      'file added gate: address 192.168.1.77/24 on home',
      'hand changed gate: route to default via 192.168.1.1 on home (is via 192.168.1.11 on home)',
      'file added gate: route to 2001:db8::/64: unreachable',
      'hand changed gate: net.ipv4.conf.home.rp_filter = 0 (is 2)',
      'hand removed gate: rule 7101 of IPv6: from 2001:db8::9 lookup main',
      'hand changed gate: interface on home (down)',
      'file changed gate: link to home: loss 1%, rate 5mbit (is rate 5mbit)',
      'hand removed gate: link from home: cut',
      'file changed gate: MTU 1400 on home (is 1500)',
      'file removed gate: MTU 1280 on office',
      'hand changed gate: what is lost on its links',
    ],
  );
  t.throws(() => guestChanges('gate', 'labnet: change: file added wormhole x\n'), { message: /wormhole/ });
});

const LAB = example('virtual-wan');
const seen = (management: string, server: string): string => `1: lo    inet 127.0.0.1/8 scope host lo
2: eth0    inet ${management} brd + scope global eth0
3: eth1    inet 192.168.10.100/24 scope global eth1
ssh 10.0.0.1 50000 ${server} 22
`;

test('a lab on the network over which a machine is reached is told of, and no other', (t) => {
  t.is(managementTrouble(LAB, 'proxyA', seen('192.168.121.5/24', '192.168.121.5')), undefined);
  const trouble = managementTrouble(LAB, 'proxyA', seen('172.168.10.77/24', '172.168.10.77'));
  t.is(trouble?.code, 'management-overlap');
  t.regex(trouble?.message ?? '', /proxyA is reached by SSH over 172\.168\.10\.0\/24 .* on eth0/);
  // Its own interface of the lab, which its script tells of; and where it cannot be told.
  t.is(managementTrouble(LAB, 'proxyA', seen('10.0.0.5/8', '192.168.10.100')), undefined);
  t.is(managementTrouble(LAB, 'proxyA', '2: eth0    inet 172.168.10.77/24 scope global eth0\n'), undefined);
});

test('virtual machines that have booted keep their network cards', (t) => {
  const lab = (more: string) =>
    labOf(`name: cards
segments: { home: 10.1.0.0/24, away: 10.2.0.0/24 }
hosts: { alice: { home: 10.1.0.5 }, ${more} }
routers: { gate: { interfaces: { home: 10.1.0.1, away: 10.2.0.1 } } }
`);
  const before = lab('bob: { home: 10.1.0.6 }');
  t.notThrows(() => requireInPlace({ before, after: lab('bob: { home: 10.1.0.7 }, carol: { away: auto }') }));
  const error = t.throws(() => requireInPlace({ before, after: lab('bob: { away: 10.2.0.6 }') }), {
    instanceOf: LabnetError,
  });
  t.is(error.diagnostics[0]?.code, 'lab-changed');
  t.regex(error.message, /bob: it has no network card on away[^]*bob: its network card is on home/);
});
