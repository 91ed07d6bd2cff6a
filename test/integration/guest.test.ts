/** The scripts for guests, executed: machines made of namespaces become a lab. */
import type { ExecutionContext } from 'ava';
import test from 'ava';
import { changes, FAR, Guests, noGuests, SCRIPT } from '../helpers/guests.js';
import { answered, withGuests } from '../helpers/guest-labs.js';
import { guardMachine } from '../helpers/machine.js';
import { labOf, PORT_CONTROL } from '../helpers/topologies.js';
import { unless } from '../helpers/unless.js';

guardMachine(test);

const real = unless(noGuests());

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
