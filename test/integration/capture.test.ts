/** `labnet capture` with real packets: read back, at several places, stopped in every way, and on a disk that is full. */
import test from 'ava';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { capturing, endAll, gone, ping, readBack, remains } from '../helpers/capturing.js';
import { noRoot, World } from '../helpers/cli.js';
import { temporaryFolder } from '../helpers/folder.js';
import { guardMachine } from '../helpers/machine.js';
import { readPcapng } from '../helpers/pcapng.js';
import { noSsh, withSsh } from '../helpers/ssh.js';
import { examplePath } from '../helpers/topologies.js';
import { unless } from '../helpers/unless.js';

guardMachine(test);

const folder = temporaryFolder('capture');
const world = new World();

test.before(async (t) => {
  const { code, stderr } = await world.run('up', examplePath('virtual-wan'));
  t.is(code, 0, stderr);
});
test.after.always(() => world.end());

test.afterEach.always(endAll);

test.serial(
  'several places in one pcapng, each packet where it was seen, in the order of time',
  async (t) => {
    const file = join(folder, 'nat.pcapng');
    const places = ['proxyA:intnetA', 'router:intnetA', 'router:intnetB'];
    const { end } = await capturing(t, world, ...places, '--filter', 'icmp', '-w', file, '--count', '12');
    await ping(world, 3);
    const { code, stdout, stderr } = await end;
    t.is(code, 0, stderr);
    t.is(stdout, '');
    t.regex(stderr, /12 packets \(proxyA:intnetA 4, router:intnetA 4, router:intnetB 4\)|12 packets/);
    const { interfaces, packets, statistics } = readPcapng(readFileSync(file));
    t.deepEqual(
      interfaces,
      places.map((name) => ({ name, linkType: 1, filter: 'icmp' })),
    );
    t.is(packets.length, 12);
    t.is(statistics.length, 3);
    packets.reduce((before, after) => {
      t.true(after.time >= before.time);
      return after;
    });
    const source = (data: Buffer): string => [...data.subarray(26, 30)].join('.');
    // What is translated is seen under the one address before the router, and under the other behind it.
    const echoes = packets.filter(({ data }) => data[34] === 8);
    t.deepEqual(
      [...new Set(echoes.filter((one) => one.interface === 1).map(({ data }) => source(data)))],
      ['192.168.10.100'],
    );
    t.deepEqual(
      [...new Set(echoes.filter((one) => one.interface === 2).map(({ data }) => source(data)))],
      ['100.100.100.100'],
    );
    t.is(readBack(file).filter((line) => line.includes('echo re')).length, 12);
  },
);

test.serial('Ctrl-C ends it well, with all that was seen in the file', async (t) => {
  const file = join(folder, 'one.pcap');
  const { child, end } = await capturing(t, world, 'proxyB:intnetB', '--filter', 'icmp', '-w', file);
  await ping(world, 2);
  await sleep(300);
  child.kill('SIGINT');
  const { code, stderr } = await end;
  t.is(code, 0, stderr);
  t.regex(stderr, /✓ 4 packets in /);
  t.is(readBack(file).length, 4);
  t.deepEqual(await gone('172.168.10.100'), []);
});

test.serial('text as tcpdump has it, with the place where there are several; counted in JSON', async (t) => {
  const { end } = await capturing(
    t,
    world,
    'router',
    'proxyB:intnetB',
    '--filter',
    'icmp[icmptype] == 8',
    '--count',
    '3',
  );
  await ping(world, 1);
  const { code, stdout } = await end;
  t.is(code, 0);
  const lines = stdout.trim().split('\n');
  t.deepEqual(lines.map((line) => line.split(' ')[0]).sort(), ['proxyB:intnetB', 'router', 'router']);
  t.regex(stdout, /^router +\S+ eth0 +In +IP 192\.168\.10\.100 > 100\.100\.100\.200: ICMP echo request/m);
  const json = await world.json('capture', 'peerA:intnetA', '--seconds', '0.2', '--json', '--filter', 'udp');
  t.deepEqual(json, {
    schema: 'labnet.capture/1',
    lab: 'virtual-wan',
    places: [{ place: 'peerA:intnetA', machine: 'peerA', segment: 'intnetA', packets: 0, dropped: 0 }],
    packets: 0,
    dropped: 0,
  });
});

test.serial('what is asked for wrongly is said before anything starts', async (t) => {
  const file = join(folder, 'none.pcapng');
  for (const [args, said] of [
    [['router', '--filter', 'tcp prt 80'], /error\[capture-filter\].*\n --> --filter:1:1\n/],
    [['router', '--filter', "icmp and host 'nowhere.invalid'"], /error\[capture-filter\]/],
    [['router', '--filter', '-w /tmp/labnet-never'], /error\[capture-filter\]/],
    [['router', '--filter', 'ether host 1:2:3:4:5:6'], /error\[capture-filter\][^]*fix: name one segment/],
    [['routr'], /error\[machine-not-found\][^]*did you mean 'router'/],
    [['router:intnetC'], /error\[not-attached\]/],
    [['router', '--count', '0'], /error\[bad-usage\]: --count/],
    [['router', '--seconds', 'x'], /error\[bad-usage\]: --seconds/],
  ] as const) {
    const { code, stdout, stderr } = await world.run(
      'capture',
      ...args,
      ...(args.length > 1 && args[1] === '--filter' ? ['-w', file] : []),
    );
    t.is(code, 2, stderr);
    t.is(stdout, '');
    t.regex(stderr, said);
  }
  t.is((await world.run('capture', 'router', 'proxyA', '-w', join(folder, 'two.pcap'))).code, 2);
  t.deepEqual(
    [existsSync(file), existsSync('/tmp/labnet-never'), existsSync(join(folder, 'two.pcap'))],
    [false, false, false],
  );
});

test.serial('killed, it leaves nothing, and what it has written can be read', async (t) => {
  const file = join(folder, 'killed.pcapng');
  const { child } = await capturing(t, world, 'proxyA:intnetA', '-w', file);
  t.true(remains('192.168.10.100').length > 0);
  await ping(world, 2);
  await sleep(500);
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
  t.deepEqual(await gone('192.168.10.100'), []);
  t.true(readPcapng(readFileSync(file)).packets.length >= 4);
});

test.serial('of a lab that goes it says so, and keeps what it has', async (t) => {
  const other = new World();
  t.teardown(() => other.end());
  await other.run('up', examplePath('virtual-wan'));
  const file = join(folder, 'gone.pcapng');
  const { end } = await capturing(t, other, 'proxyA:intnetA', '-w', file);
  await ping(other, 1);
  await sleep(500);
  await other.run('down');
  const { code, stderr } = await end;
  t.is(code, 1, stderr);
  t.regex(stderr, /error\[capture-failed\]: proxyA:intnetA/);
  t.true(readPcapng(readFileSync(file)).packets.length >= 2);
});

const asRoot = unless(noRoot, test.serial);

asRoot('a full disk is said, and the file ends with a whole packet', async (t) => {
  const mount = [
    'unshare',
    '--mount',
    '--',
    'sh',
    '-c',
    'mount -t tmpfs -o size=32k none /mnt && "$@"; code=$?; cp /mnt/full.pcapng "$0"; exit $code',
  ];
  const copy = join(folder, 'full.pcapng');
  const full = world.through(...mount, copy);
  const words = 'proxyA:intnetA --filter icmp -w /mnt/full.pcapng --seconds 40'.split(' ');
  const { end } = await capturing(t, full, ...words);
  await world.run(...'exec proxyA -- ping -q -c 60 -i 0.01 -s 1400 192.168.10.101'.split(' '));
  const { code, stderr } = await end;
  t.is(code, 1, stderr);
  t.regex(stderr, /error\[file-unwritable\][^]*ENOSPC/);
  t.true(readPcapng(readFileSync(copy)).packets.length > 4);
  t.deepEqual(await gone('192.168.10.100'), []);
});

test.serial('on standard output it ends with its reader', async (t) => {
  const { child, end } = await capturing(t, world, 'peerB', '-w', '-');
  child.stdout?.destroy();
  await world.run('exec', 'peerB', '--', 'ping', '-q', '-c', '3', '-i', '0.2', '172.168.10.10');
  const { code, stderr } = await end;
  t.is(code, 0, stderr);
});

unless(existsSync('/usr/bin/wireshark') ? 'Wireshark is here' : '', test.serial)(
  'Wireshark that is not there',
  async (t) => {
    const { code, stderr } = await world.run('capture', 'router', '--wireshark');
    t.is(code, 1);
    t.regex(stderr, /error\[tool-missing\]: wireshark/);
  },
);

asRoot('for an ordinary user it is the same', async (t) => {
  const user = new World('user');
  t.teardown(() => user.end());
  await user.run('up', examplePath('virtual-wan'));
  const { end } = await capturing(t, user, 'router:intnetA', '--filter', 'icmp', '--count', '2');
  await ping(user, 1);
  const { code, stdout, stderr } = await end;
  t.is(code, 0, stderr);
  t.is(stdout.trim().split('\n').length, 2);
});

unless(noSsh, test.serial)(
  'over SSH: the interface that has the address, and nothing left in the machine',
  async (t) => {
    await withSsh(async (ssh) => {
      const up = await ssh.up(examplePath('virtual-wan'));
      t.is(up.code, 0, up.stderr);
      const file = join(folder, 'ssh.pcapng');
      const places = ['router:intnetA', 'proxyB:intnetB'];
      const { child, end } = await capturing(t, ssh.world, ...places, '--filter', 'icmp', '-w', file);
      await ssh.world.run('exec', 'proxyA', '--', 'ping', '-q', '-c', '2', '-i', '0.2', '100.100.100.200');
      await sleep(500);
      child.kill('SIGINT');
      const { code, stderr } = await end;
      t.is(code, 0, stderr);
      t.is(readPcapng(readFileSync(file)).packets.length, 8);
      t.deepEqual(await gone('192.168.10.10'), []);
      await ssh.world.run('down');
    }, 'virtual-wan');
  },
);
