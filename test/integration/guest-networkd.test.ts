/** Guests' own network programs: real ones, that would have the lab's interfaces too, beside the scripts for guests. */
import test from 'ava';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { findTool } from '../../src/sys/tools.js';
import { FAR, Guests, noGuests, SCRIPT } from '../helpers/guests.js';
import { guardMachine } from '../helpers/machine.js';
import { labOf, read } from '../helpers/topologies.js';
import { unless } from '../helpers/unless.js';

guardMachine(test);

/** This computer's own, in a guest: it has the management interface, and would have every other by DHCP. */
const NETWORKD = '/lib/systemd/systemd-networkd';
const SETUP_NETWORKD = `set -e
mount -o remount,bind,ro /sys # so that it does not wait for udev
mkdir -p /run/dbus /run/systemd/netif /etc/systemd/network
chown systemd-network: /run/systemd/netif
cd /etc/systemd/network
printf '[Match]\\nName=mgmt0\\n[Network]\\nAddress=%s\\nGateway=192.168.121.1\\n' "$(ip -o -4 address show mgmt0 | awk '{ print $4 }')" >10-mgmt.network
ip -4 address flush dev mgmt0
printf '[Match]\\nName=ens* labnet*\\n[Network]\\nDHCP=yes\\n' >80-dhcp.network
head -c 16 /dev/urandom | od -An -tx1 | tr -d ' ' >/etc/machine-id
dbus-daemon --system --fork --print-pid=3 3>/run/dbus.pid`;
const START_NETWORKD = `${NETWORKD} >/run/networkd.log 2>&1 & echo $! >/run/networkd.pid
for i in $(seq 600); do networkctl list | grep -q 'mgmt0.* configured' && exit; sleep 0.1; done; (networkctl list; cat /run/networkd.log; ip a show mgmt0) >&2; exit 1`;
const END_NETWORKD =
  'kill $(cat /run/networkd.pid); while [ -d /proc/$(cat /run/networkd.pid) ]; do sleep 0.1; done';
const hasNetworkd =
  existsSync(NETWORKD) &&
  ['networkctl', 'busctl', 'dbus-daemon'].every((tool) => findTool(tool) !== undefined);
const real = unless(hasNetworkd ? noGuests() : 'no systemd-networkd with D-Bus here');

/** With a device of labnet's own at the router. */
const LAB = read('topologies/virtual-wan.yaml').replace(
  'intnetA: 192.168.10.10,',
  'intnetA: { address: 192.168.10.10, link: { down: { rate: 50mbit } } },',
);

real(
  'systemd-networkd leaves the lab alone, whatever it is told, and has its interfaces back afterwards',
  async (t) => {
    const guests = await Guests.of(labOf(LAB));
    t.teardown(() => guests.end());
    const management = guests.names.indexOf('router') + 10;
    const router = (script: string): Promise<string> => guests.must('router', script);
    const setup = (): Promise<string> =>
      router("networkctl list | sed 's/labnet[0-9a-f]*/ifb/' | awk '/ether/ { print $2, $5 }'");
    await router(SETUP_NETWORKD);
    t.teardown(() => guests.run('router', `${END_NETWORKD}; kill $(cat /run/dbus.pid)`));
    await router(START_NETWORKD);
    const its = 'mgmt0 configured\nens7 configuring\nens6 configuring\n';
    t.is(await setup(), its);
    await guests.applyAll();
    for (const told of [':', 'networkctl reconfigure mgmt0; sleep 1', `${END_NETWORKD}; ${START_NETWORKD}`]) {
      await router(told);
      t.is(await setup(), 'mgmt0 configured\nens7 unmanaged\nens6 unmanaged\nifb unmanaged\n', told);
      t.is((await guests.setup('router', 'check')).code, 0, told);
      t.notRegex(await router('ip -o address show dev ens7'), /dynamic|scope link/, told);
      t.is((await guests.run('proxyA', 'ping -n -c1 -W2 100.100.100.200')).code, 0, told);
      // From far away, over the management interface.
      t.is((await guests.run('', `ping -n -c1 -W2 -I ${FAR} 192.168.121.${management}`)).code, 0, told);
    }
    await router(`sh ${SCRIPT} remove`);
    // It takes them back in its own time.
    for (let tries = 0; tries < 100 && (await setup()) !== its; tries++) await sleep(100);
    t.is(await setup(), its);
    t.deepEqual((await router('ip rule; ip route show table 7110 2>/dev/null; :')).split('\n').length, 4);
  },
);
