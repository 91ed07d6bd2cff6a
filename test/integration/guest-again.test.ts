/** The scripts for guests, executed again, after a reboot, by another version, and taken back: machines are what they were before. */
import test from 'ava';
import { answered, withGuests } from '../helpers/guest-labs.js';
import { changes, FAR, noGuests, SCRIPT, scriptFor } from '../helpers/guests.js';
import { guardMachine } from '../helpers/machine.js';
import { labOf, read } from '../helpers/topologies.js';
import { unless } from '../helpers/unless.js';

guardMachine(test);

const real = unless(noGuests());

const FLOWS = [
  ['virtual-wan', 'proxyA', '100.100.100.200'],
  ['dmz', 'client-1', '203.0.113.50'],
  ['router-chain', 'source', '10.0.5.2'],
] as const;

for (const name of ['virtual-wan', 'dmz', 'router-chain']) {
  real(
    `${name}: a second apply changes nothing and loses nothing, remove leaves nothing`,
    withGuests(name, async (t, guests) => {
      const before = await Promise.all(guests.names.map((one) => guests.state(one)));
      await guests.applyAll();
      const applied = await Promise.all(guests.names.map((one) => guests.state(one)));
      const [, from = '', to = ''] = FLOWS.find(([lab]) => lab === name) ?? [];
      const flow = guests.must(from, `ping -n -i 0.02 -c 80 -W2 ${to}`);
      for (const one of guests.names) t.regex((await guests.setup(one)).stdout, /^labnet: unchanged /);
      t.regex(await flow, / 0% packet loss/);
      t.deepEqual(await Promise.all(guests.names.map((one) => guests.state(one))), applied);
      for (const one of guests.names) t.is((await guests.setup(one, 'check')).code, 0);
      await Promise.all(guests.names.map((one) => guests.must(one, `sh -s remove <${SCRIPT}`)));
      t.deepEqual(await Promise.all(guests.names.map((one) => guests.state(one))), before);
      for (const one of guests.names) t.is((await guests.setup(one, 'check')).code, 51);
    }),
  );
}

real(
  'a reboot and a renewal of the management address change nothing',
  withGuests('virtual-wan', async (t, guests) => {
    for (const name of guests.names) await guests.must(name, 'mkdir -p /run/systemd/system');
    await guests.applyAll();
    const unit = await guests.must(
      'router',
      'cat /etc/systemd/system/multi-user.target.wants/labnet.service',
    );
    const [, start = ''] = /^ExecStart=(.*)$/m.exec(unit) ?? [];
    const applied = await guests.state('router');
    // What a reboot leaves: files, and interfaces as the kernel makes them.
    await guests.must(
      'router',
      `rm -r /run/labnet; echo 0 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv4/conf/all/rp_filter
       iptables -t nat -F; iptables -t nat -X; iptables -F; iptables -X
       for one in $(ip rule | sed -n 's/^\\(71..\\):.*/\\1/p'); do ip rule del pref $one; done
       for dev in ens7 ens6; do ip address flush dev $dev; ip link set $dev down; done; ip link set ens6 name lan9`,
    );
    t.false(await answered(guests, 'proxyA', '100.100.100.200'));
    await guests.must('router', start);
    // Neighbours that were not there are asked for again after a second.
    await guests.run('proxyA', 'ping -n -c4 -W2 100.100.100.200');
    t.true(await answered(guests, 'proxyA', '100.100.100.200'));
    t.is(
      (await guests.state('router')).replaceAll('lan9', 'ens6').split('\n').length,
      applied.split('\n').length,
    );
    for (const [index, name] of guests.names.entries())
      await guests.must(
        name,
        `ip address flush dev mgmt0; ip address add 192.168.121.${index + 110}/24 dev mgmt0
         ip route replace default via 192.168.121.1 dev mgmt0 proto dhcp metric 50`,
      );
    t.true(await answered(guests, '', '192.168.121.111', `-I ${FAR}`));
    t.true(await answered(guests, 'proxyA', '100.100.100.200'));
    t.is((await guests.setup('router', 'check')).code, 0);
  }),
);

real(
  'another version takes the place of the one that is there',
  withGuests('virtual-wan', async (t, guests) => {
    const before = await guests.state('router');
    const next = labOf(read('topologies/virtual-wan.yaml').replaceAll('100.100.100.200', '100.100.100.222'));
    await guests.upload('router', scriptFor(next, 'router').text, SCRIPT);
    await guests.must('router', `sh ${SCRIPT}`);
    const fresh = await guests.state('router');
    await guests.must('router', `sh ${SCRIPT} remove`);
    t.deepEqual(changes(before, await guests.state('router')), []);
    await guests.upload('router', scriptFor(guests.lab, 'router').text);
    await guests.must('router', `sh ${SCRIPT}`);
    await guests.upload('router', scriptFor(next, 'router').text);
    t.regex(await guests.must('router', `sh ${SCRIPT}`), /^labnet: applied /m);
    t.deepEqual(changes(fresh, await guests.state('router')), []);
    await guests.must('router', `sh ${SCRIPT} remove`);
    t.deepEqual(changes(before, await guests.state('router')), []);
  }),
);
