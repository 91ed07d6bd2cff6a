/** What somebody changes by hand on machines that are reached over SSH: found, named, and mended by `up`. */
import test from 'ava';
import { guardMachine } from '../helpers/machine.js';
import { texts } from '../helpers/changing.js';
import { changes as differing } from '../helpers/guests.js';
import { noSsh } from '../helpers/ssh.js';
import { SshChanging } from '../helpers/ssh-changing.js';
import { unless } from '../helpers/unless.js';

guardMachine(test);
process.env['LABNET_SSH_WAIT'] = '10';

const run = unless(noSsh);
const LONG = 400_000;

type Plant = readonly [machine: string, script: string, said: RegExp];

/** Some at a time, on different machines or of different kinds: looking takes longer than planting. */
const PLANTS: readonly (readonly Plant[])[] = [
  [
    ['alice', 'ip address del 192.168.1.10/24 dev ens7', /added alice: address 192.168.1.10\/24 on home/],
    ['bob', 'ip address add 192.168.1.99/24 dev ens7', /removed bob: address 192.168.1.99\/24 on home/],
    ['carol', 'ip link set ens7 down', /changed carol: interface on office \(down\)/],
    [
      'server',
      'ip route add 198.51.100.0/24 via 203.0.113.1 dev ens7 table 7110',
      /removed server: route to 198.51.100.0\/24 via 203.0.113.1 on internet/,
    ],
    ['edge', 'echo 0 >/proc/sys/net/ipv4/ip_forward', /changed edge: net.ipv4.ip_forward = 1 \(is 0\)/],
    ['gate', 'nft delete table ip labnet', /changed gate: NAT and filter rules/],
  ],
  [
    ['alice', 'ip route del default table 7110', /added alice: route to default via 192.168.1.1 on home/],
    [
      'bob',
      'ip route replace default via 192.168.1.10 dev ens7 table 7110',
      /changed bob: route to default via 192.168.1.1 on home \(is via 192.168.1.10 on home\)/,
    ],
    ['carol', "sed -i 's/^10.1.0.1 .*/10.1.0.99 edge/' /etc/hosts", /changed carol: names in \/etc\/hosts/],
    [
      'server',
      'echo 2 >/proc/sys/net/ipv4/conf/ens7/rp_filter',
      /net.ipv4.conf.internet.rp_filter = 0 \(is 2\)/,
    ],
    ['edge', 'iptables -t nat -D PREROUTING -j LABNET-DNAT', /changed edge: NAT and filter rules/],
    ['gate', 'nft flush chain ip labnet outward1', /changed gate: NAT and filter rules/],
  ],
  [
    [
      'alice',
      'for one in 1 2; do ip rule del pref 7102; done 2>/dev/null; :',
      /added alice: rule 7102: from 192.168.1.10 iif lo lookup 7110/,
    ],
    [
      'bob',
      'ip rule add pref 7101 from 10.9.9.9 lookup main',
      /removed bob: rule 7101: from 10.9.9.9 lookup main/,
    ],
    [
      'carol',
      'echo "# mine" >>/usr/local/lib/labnet/network',
      /changed carol: \/usr\/local\/lib\/labnet\/network/,
    ],
    ['server', 'ip address flush dev ens7', /added server: address 203.0.113.10\/24 on internet/],
    ['edge', 'iptables -t nat -F; iptables -t nat -X', /changed edge: NAT and filter rules/],
    [
      'gate',
      'echo 7 >/proc/sys/net/netfilter/nf_conntrack_udp_timeout',
      /nf_conntrack_udp_timeout = 30 \(is 7\)/,
    ],
  ],
  [
    ['alice', 'rm -r /run/labnet; ip address flush dev ens7; ip link set ens7 down', /added alice: address/],
    ['bob', 'rm -r /usr/local/lib/labnet', /changed bob: \/usr\/local\/lib\/labnet\/network/],
    [
      'server',
      'rm /etc/systemd/system/multi-user.target.wants/labnet.service',
      /changed server: labnet.service, which sets it up at boot/,
    ],
    ['edge', 'iptables -A LABNET-FORWARD -j DROP', /changed edge: NAT and filter rules/],
    ['gate', 'rm /usr/local/lib/labnet/rules.nft', /changed gate: \/usr\/local\/lib\/labnet\/rules/],
  ],
];

run('what is changed by hand is said, and mended by up', async (t) => {
  t.timeout(LONG);
  const lab = await SshChanging.make();
  t.teardown(() => lab.ssh.end());
  const { world, guests } = lab.ssh;
  // The file that its unit is in is all that is asked of it: what starts it is another test's (guest-systemd.test.ts).
  await guests.must('server', 'mkdir -p /run/systemd/system');
  await lab.up();
  const made = new Map<string, string>();
  for (const name of guests.names) made.set(name, await guests.state(name));
  for (const plants of PLANTS) {
    for (const [machine, script] of plants) await guests.must(machine, script);
    const changes = await lab.changes('status', '--drift');
    for (const [machine, script, said] of plants)
      t.regex(texts(changes.filter((one) => one.machine === machine)).join('\n'), said, script);
    const touched = new Set(changes.map((one) => one.machine));
    t.deepEqual([...touched].sort(), plants.map(([machine]) => machine).sort());
    t.deepEqual(texts(await lab.up()), texts(changes));
    const after = await world.run('status', '--drift');
    t.is(after.code, 0, after.stdout);
    for (const [machine] of plants)
      t.deepEqual(differing(made.get(machine) ?? '', await guests.state(machine)), [], machine);
  }
  const verified = await world.run('verify');
  t.is(verified.code, 0, verified.stdout);
});
