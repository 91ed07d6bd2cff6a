/** The scripts for guests, executed: machines made of namespaces become a lab, stay one, and are what they were before. */
import type { ExecutionContext, ImplementationFn } from 'ava';
import test from 'ava';
import { changes, FAR, Guests, noGuests, SCRIPT, scriptFor } from '../helpers/guests.js';
import { guardMachine } from '../helpers/machine.js';
import { example, labOf, PORT_CONTROL, read } from '../helpers/topologies.js';
import { unless } from '../helpers/unless.js';

guardMachine(test);

const real = unless(noGuests());

/** With guests that are gone afterwards. */
const withGuests =
  (name: string, body: (t: ExecutionContext, guests: Guests) => Promise<void>): ImplementationFn<[]> =>
  async (t) => {
    const guests = await Guests.of(example(name));
    t.teardown(() => guests.end());
    await body(t, guests);
  };

const answered = async (guests: Guests, from: string, to: string, options = ''): Promise<boolean> =>
  (await guests.run(from, `ping -n -c1 -W2 ${options} ${to}`)).code === 0;

/** What passes an interface while something is done. */
async function seenAt(
  guests: Guests,
  machine: string,
  device: string,
  filter: string,
  action: () => Promise<unknown>,
): Promise<string> {
  const stop = `/tmp/labnet-stop-${process.pid}-${Math.random()}`;
  const capture = guests.must(
    machine,
    `tcpdump -nn --immediate-mode -l -i ${device} '${filter}' 2>/dev/null & pid=$!
     while [ ! -e ${stop} ]; do sleep 0.1; done; sleep 0.3; kill -INT $pid; wait $pid; rm ${stop}`,
  );
  await new Promise((resolve) => setTimeout(resolve, 700));
  await action();
  await guests.must('', `touch ${stop}`);
  return capture;
}

async function remains(t: ExecutionContext, guests: Guests): Promise<void> {
  for (const name of guests.names) t.true(await answered(guests, '', addressOf(guests, name), `-I ${FAR}`));
}

/** Of the management interface. */
const addressOf = (guests: Guests, name: string): string => `192.168.121.${guests.names.indexOf(name) + 10}`;

real(
  'virtual-wan: NAT, hairpin and isolation, and nothing of it on the management network',
  withGuests('virtual-wan', async (t, guests) => {
    await guests.applyAll();
    const lab = 'net 192.168.10.0/24 or net 172.168.10.0/24 or net 100.100.100.0/24';
    const leaked = await seenAt(guests, '', 'mgmt', lab, async () => {
      const device = guests.device('proxyB', 'intnetB');
      const seen = await seenAt(guests, 'proxyB', device, 'icmp[0] == 8', () =>
        guests.must('proxyA', 'ping -c1 -W2 proxyB'),
      );
      t.regex(seen, /100\.100\.100\.100 > 172\.168\.10\.100/, 'proxyB sees proxyA under its public address');
      t.true(await answered(guests, 'peerA', '100.100.100.100'), 'hairpin');
      t.true(await answered(guests, 'proxyA', '100.100.100.100'), 'to itself by its public address');
      t.false(await answered(guests, 'peerA', '172.168.10.101'), 'untranslated');
      // The router has no way there for the lab, only one of its own.
      t.false(await answered(guests, 'proxyA', '8.8.8.8'));
      t.false(await answered(guests, 'router', '8.8.8.8', '-I 192.168.10.10'));
    });
    t.is(leaked.trim(), '');
    t.regex(await guests.must('proxyA', 'ip route get 8.8.8.8'), /via 192\.168\.10\.10 dev ens7/);
    t.regex(await guests.must('router', 'ip route get 8.8.8.8'), /via 192\.168\.121\.1 dev mgmt0/);
    await remains(t, guests);
  }),
);

real(
  'dmz: masquerading, forwarded ports, and a gateway for some',
  withGuests('dmz', async (t, guests) => {
    await guests.applyAll();
    const serve = `perl -MIO::Socket::INET -e 'my $s = IO::Socket::INET->new(Listen => 1, LocalPort => 8443, ReuseAddr => 1);
      alarm 20; while (my $c = $s->accept) { print $c $c->peerhost; close $c }'`;
    void guests.run('web', serve);
    const ask = (to: string): string =>
      `perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(PeerAddr => "${to}", Timeout => 3)->getline'`;
    await guests.must('web', 'until ss -ltn | grep -q :8443; do sleep 0.1; done');
    t.is(await guests.must('visitor', ask('203.0.113.1:443')), '203.0.113.50');
    t.is(await guests.must('client-1', ask('web:8443')), '10.1.0.2');
    const device = guests.device('visitor', 'internet');
    const seen = await seenAt(guests, 'visitor', device, 'icmp[0] == 8', () =>
      guests.must('client-2', 'ping -c1 -W2 visitor'),
    );
    t.regex(seen, /203\.0\.113\.1 > 203\.0\.113\.50/);
    t.false(await answered(guests, 'web', '10.1.0.2'), 'the office is isolated');
    await remains(t, guests);
  }),
);

real(
  'router-chain: routes over five routers, in both families',
  withGuests('router-chain', async (t, guests) => {
    await guests.applyAll();
    t.regex(await guests.must('source', 'ping -n -c1 -W3 10.0.5.2'), /ttl=59/);
    t.regex(await guests.must('sink', 'ping -n -6 -c1 -W3 2001:db8::2'), /ttl=59/);
    t.regex(
      await guests.must('source', 'ip -6 route get 2001:db8:5::2'),
      /via 2001:db8::1 dev ens7 .*src 2001:db8::2 /,
    );
    // Who logs in by IPv6 from far away is answered by the way they came.
    await guests.must('', 'ip address add 2001:db8:eeee::1/128 dev lo');
    t.true(await answered(guests, '', '2001:db8:ffff::10', '-I 2001:db8:eeee::1'));
    await remains(t, guests);
  }),
);

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

/** Processes are numbered in a namespace of their own: the next one's number is how many there were. */
const counted = async (guests: Guests, machine: string, word: string): Promise<number> =>
  Number(
    await guests.must(
      machine,
      `unshare --pid --fork --mount-proc sh -c 'sh ${SCRIPT} ${word} >/dev/null 2>&1 && sh -c "echo \\$\\$"'`,
    ),
  );

real(
  'it starts few processes, and very few where all is as it should be',
  withGuests('virtual-wan', async (t, guests) => {
    const first = await counted(guests, 'router', 'apply');
    const again = await counted(guests, 'router', 'apply');
    const removed = await counted(guests, 'router', 'remove');
    t.log({ first, again, removed });
    t.true(first > 20 && first < 150, `${first} for the first`);
    t.true(again > 5 && again < 45, `${again} for another`);
    t.true(removed > 5 && removed < 70, `${removed} to remove it`);
  }),
);

real('port control that is stopped leaves nothing but what is open', async (t) => {
  const guests = await Guests.of(labOf(PORT_CONTROL));
  t.teardown(() => guests.end());
  t.teardown(() => guests.run('router', `sh ${SCRIPT} remove`));
  await guests.must('router', `sh ${SCRIPT}`);
  const files = (): Promise<string> =>
    guests.run('router', 'ls /run/labnet-port-control').then((one) => one.stdout);
  t.regex(await files(), /^pid$/m);
  await guests.must('router', 'sh /usr/local/lib/labnet/network unserve');
  t.regex(await files(), /^(leases\n)?$/);
});

const FLOWS = [
  ['virtual-wan', 'proxyA', '100.100.100.200'],
  ['dmz', 'client-1', '203.0.113.50'],
  ['router-chain', 'source', '10.0.5.2'],
] as const;

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

real(
  'iptables-legacy does as well as iptables-nft',
  withGuests('virtual-wan', async (t, guests) => {
    for (const tool of ['iptables', 'iptables-restore', 'iptables-save'])
      await guests.must(
        'router',
        `ln -sf /usr/sbin/${tool.replace('iptables', 'iptables-legacy')} /etc/alternatives/${tool}`,
      );
    const works = await guests.run('router', 'iptables -t nat -L -n');
    if (works.code !== 0) {
      t.log('skipped: this kernel has no iptables-legacy');
      return;
    }
    const before = await guests.state('router');
    await guests.applyAll();
    t.regex(await guests.must('router', 'iptables-legacy-save'), /-A LABNET-DNAT/);
    t.notRegex(await guests.must('router', 'iptables-nft-save 2>/dev/null'), /LABNET/);
    t.true(await answered(guests, 'proxyA', '100.100.100.200'));
    t.regex((await guests.setup('router')).stdout, /^labnet: unchanged /);
    await guests.must('router', `sh ${SCRIPT} remove`);
    t.deepEqual(changes(before, await guests.state('router')), []);
  }),
);
