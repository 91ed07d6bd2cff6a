/** What the scripts for guests refuse, before they change anything, and what they accept. */
import type { ExecutionContext } from 'ava';
import test from 'ava';
import type { Lab } from '../../src/model/lab.js';
import { GUEST_EXITS } from '../../src/render/guest.js';
import type { GuestCode } from '../../src/render/guest.js';
import { changes, Guests, noGuests, SCRIPT } from '../helpers/guests.js';
import { guardMachine } from '../helpers/machine.js';
import { example, labOf, linkedWan } from '../helpers/topologies.js';
import { unless } from '../helpers/unless.js';

guardMachine(test);

const real = unless(noGuests());

type Refusal = readonly [code: GuestCode, text: RegExp, prepare: string, word?: string, undo?: string];

const REFUSALS: readonly Refusal[] = [
  ['bad-usage', /apply \[told\]\|plan\|remove\|check/, '', 'reset'],
  ['not-applied', /virtual-wan is not applied/, '', 'check'],
  [
    'other-lab',
    /in the lab 'elsewhere'/,
    'mkdir /var/lib/labnet; echo elsewhere >/var/lib/labnet/lab',
    'apply',
    'rm -r /var/lib/labnet',
  ],
  [
    'tool-missing',
    /'iptables' is not installed: apt-get install iptables/,
    'mkdir /run/few; for one in ip id cat awk sh; do ln -s $(command -v $one) /run/few; done; mount --bind /run/few /usr/sbin',
    'apply',
    'umount /usr/sbin; rm -r /run/few',
  ],
  [
    'interface-ambiguous',
    /several interfaces could be the one on intnetA .*: ens7 twin/,
    'ip link add twin type bridge; ip link set twin address $(cat /sys/class/net/ens7/address)',
    'apply',
    'ip link del twin',
  ],
  [
    'interface-missing',
    /no interface for intnetA \(02:.* or 192\.168\.10\.10\)/,
    'cat /sys/class/net/ens7/address >/run/mac; ip link set ens7 address 02:00:00:00:00:01',
    'apply',
    'ip link set ens7 address $(cat /run/mac); rm /run/mac',
  ],
  [
    'management-interface',
    /default route goes by ens7/,
    'ip link set ens7 up; ip route add default dev ens7 metric 5',
    'apply',
    'ip route del default dev ens7; ip link set ens7 down',
  ],
  [
    'configured-elsewhere',
    /interfaces\.d\/lab sets up ens6/,
    `mkdir -p /etc/network/interfaces.d; printf 'auto ens6\\niface ens6 inet dhcp\\n' >/etc/network/interfaces.d/lab`,
    'apply',
    'rm -r /etc/network',
  ],
  [
    'configured-elsewhere',
    /netplan\/50\.yaml sets up ens6/,
    `mkdir -p /etc/netplan; printf 'network:\\n  version: 2\\n  ethernets:\\n    eth0:\\n      dhcp4: true\\n    ens6:\\n      dhcp4: true\\n' >/etc/netplan/50.yaml`,
    'apply',
    'rm -r /etc/netplan',
  ],
  [
    'configured-elsewhere',
    /ip rules/,
    'ip rule add pref 7103 from 10.9.9.9 lookup main',
    'apply',
    'ip rule del pref 7103',
  ],
  [
    'disk-full',
    /cannot write to \/var\/lib/,
    'mount -o remount,size=128k /var/lib',
    'apply',
    'mount -o remount,size=50% /var/lib',
  ],
];

/** Of the router's script in a lab. */
async function refuses(t: ExecutionContext, lab: Lab, refusals: readonly Refusal[]): Promise<Guests> {
  const guests = await Guests.of(lab);
  t.teardown(() => guests.end());
  const clean = await guests.state('router');
  for (const [code, text, prepare, word = 'apply', undo = ''] of refusals) {
    await guests.must('router', `set -e; ${prepare}`);
    const before = await guests.state('router');
    const result = await guests.setup('router', word);
    t.is(result.code, GUEST_EXITS[code].exit, `${code}: ${result.stderr}`);
    t.regex(result.stderr, new RegExp(`^labnet: ${code}: .*\n$`));
    t.regex(result.stderr, text);
    t.deepEqual(changes(before, await guests.state('router')), [], code);
    await guests.must('router', undo);
    t.deepEqual(changes(clean, await guests.state('router')), [], `${code}: taken back`);
  }
  return guests;
}

real(
  'what it refuses is refused before anything is changed, in one line with the exit code of its own',
  async (t) => {
    const guests = await refuses(t, example('virtual-wan'), REFUSALS);
    const { code, stderr } = await guests.run('router', `setpriv --reuid=54321 --clear-groups sh ${SCRIPT}`);
    t.is(code, GUEST_EXITS['not-root'].exit);
    t.regex(stderr, /^labnet: not-root: .*\n$/);
  },
);

const OF_LINKS: readonly Refusal[] = [
  [
    'configured-elsewhere',
    /a qdisc is where the lab's link would be.*: ens7 \(pfifo 9:\)/,
    'tc qdisc add dev ens7 root handle 9: pfifo',
    'apply',
    'tc qdisc del dev ens7 root',
  ],
  [
    'tool-missing',
    /links need 'tc', which is not installed: apt-get install iproute2/,
    'mount --bind /dev/null "$(command -v tc)"',
    'ready',
    'umount /usr/sbin/tc',
  ],
];

/** A tap device takes a few bytes less than a cable of namespaces. */
const OF_MTU: readonly Refusal[] = ['apply', 'ready'].map((word) => [
  'link-unsupported',
  /its ens7 takes packets of 65521 bytes at most, and the lab's link there has an MTU of 65530/,
  'ip link set ens7 name was; cat /sys/class/net/was/address >/run/mac; ip link set was address 02:00:00:00:00:01; ip tuntap add mode tap ens7; ip link set ens7 address $(cat /run/mac)',
  word,
  'ip link del ens7; ip link set was address $(cat /run/mac) name ens7; rm /run/mac',
]);

real('so is what stands in the way of links', async (t) => {
  await refuses(
    t,
    labOf(linkedWan('{ up: { rate: 20mbit, loss: 5% }, down: { rate: 30mbit }, mtu: 1400 }')),
    OF_LINKS,
  );
  await refuses(t, labOf(linkedWan('{ mtu: 65530 }')), OF_MTU);
});

real(
  'files of ifupdown and netplan that have the same address, or another interface, are no hindrance',
  async (t) => {
    const guests = await Guests.of(example('virtual-wan'));
    t.teardown(() => guests.end());
    await guests.must(
      'router',
      `mkdir -p /etc/network /etc/netplan
printf 'auto mgmt0\\niface mgmt0 inet dhcp\\niface ens6 inet static\\n  address 172.168.10.10/24\\niface ens7 inet manual\\n' >/etc/network/interfaces
printf 'network:\\n  ethernets:\\n    ens7:\\n      addresses: [192.168.10.10/24]\\n      dhcp4: no\\n    mgmt0: {dhcp4: true}\\n' >/etc/netplan/50.yaml`,
    );
    t.is((await guests.setup('router')).code, 0);
  },
);

real('a machine that labnet did not make is known by its address, which it keeps', async (t) => {
  const guests = await Guests.of(example('virtual-wan'));
  t.teardown(() => guests.end());
  await guests.must(
    'proxyA',
    'ip link set ens7 address 02:00:00:00:00:01; ip address add 192.168.10.100/24 dev ens7; ip link set ens7 up; sleep 2',
  );
  const before = await guests.state('proxyA');
  await guests.applyAll();
  t.is((await guests.run('proxyA', 'ping -n -c3 -W2 100.100.100.200')).code, 0);
  await guests.must('proxyA', `bash ${SCRIPT} remove`);
  t.deepEqual(changes(before, await guests.state('proxyA')), []);
});
