/** Links on machines that are reached over SSH: made by their own scripts at their own end, measured, changed in place, mended. */
import test from 'ava';
import { linkAbilities } from '../../src/drivers/netns/link-abilities.js';
import type { Report } from '../../src/index.js';
import { changes as differing } from '../helpers/guests.js';
import { echoes, iperfRate, noIperf, startFlow } from '../helpers/link-traffic.js';
import { guardMachine } from '../helpers/machine.js';
import { noSsh } from '../helpers/ssh.js';
import { SshLinks } from '../helpers/ssh-links.js';
import { unless } from '../helpers/unless.js';

guardMachine(test);
process.env['LABNET_SSH_WAIT'] = '10';

const run = unless(noSsh);
const withIperf = noSsh === '' ? unless(noIperf) : run;
const withoutNetem = linkAbilities().has('netem') ? unless('this kernel has netem') : run;

withIperf('each direction has its own rate, changed in place below a connection', async (t) => {
  const lab = await SshLinks.make(t);
  lab.write('{ up: { rate: 20mbit, queue: 50 packets }, down: { rate: 60mbit } }');
  await lab.make(t);
  // Of what is sent 1448 bytes in 1514 are counted; beside other tests it may be less, and never more.
  const [there, back] = [await iperfRate(lab), await iperfRate(lab, '-R')];
  t.true(there > 5 && there < 20.2, `up ${there}`);
  t.true(back > 20.2 && back < 60.6, `down ${back}`);
  t.deepEqual(await lab.plan(), []);
  const flow = await startFlow(lab);
  lab.write('{ up: { rate: 9mbit, queue: 50 packets }, down: { rate: 30mbit } }');
  t.deepEqual(await lab.plan(), [
    'changed A: link from lan: rate 30mbit (is rate 60mbit)',
    'changed A: link to lan: rate 9mbit (queue 50 packets) (is rate 20mbit (queue 50 packets))',
  ]);
  await lab.up();
  const queues = await lab.exec('A', 'tc', 'qdisc', 'show');
  t.regex(queues, /tbf 2: dev ens7 root .* rate 9Mbit/);
  t.regex(queues, /tbf 2: dev labnet[0-9a-f]{8} root .* rate 30Mbit/);
  for (const shape of ['{ down: { rate: 5mbit } }', '', '{ loss: 1% }', '{ rate: 40mbit }']) {
    lab.write(shape);
    await lab.up();
    t.deepEqual(await lab.plan(), [], shape);
  }
  await flow.answersOn(t);
  flow.end();
  t.is((await lab.ssh.world.run('down')).code, 0);
  t.deepEqual(await lab.left('A'), []);
});

run('loss is what is written, and who sends is not told of it', async (t) => {
  const lab = await SshLinks.make(t);
  lab.write('{ up: { loss: 10% } }');
  await lab.make(t);
  // 4000 with a chance of 0.9: five standard deviations are 95.
  const there = await echoes(lab, 4000);
  t.true(Math.abs(there - 3600) < 95, `up: ${there}`);
  lab.write('{ down: { loss: 50%, rate: 100mbit } }');
  t.deepEqual(await lab.up(), [
    'added A: link from lan: loss 50%, rate 100mbit',
    'removed A: link to lan: loss 10%',
  ]);
  const back = await echoes(lab, 4000);
  t.true(Math.abs(back - 2000) < 160, `down: ${back}`);
  lab.write('');
  await lab.up();
  t.is(await echoes(lab, 500), 500);
  t.is(await lab.exec('A', 'ls', '/run/labnet'), 'applied\n');
});

run('a link is set, cut and kept apart while the lab runs, and is again what the file says', async (t) => {
  const lab = await SshLinks.make(t);
  lab.write('{ rate: 50mbit }');
  await lab.make(t);
  await lab.link(t, 'set', 'A:lan', 'up.rate=8mbit', 'down.loss=40%');
  t.regex(await lab.exec('A', 'tc', 'qdisc', 'show', 'dev', 'ens7'), /rate 8Mbit/);
  t.true(Math.abs((await echoes(lab, 1000)) - 600) < 80);
  t.deepEqual(await lab.drift(), []);
  t.is((await lab.plan()).length, 2);
  await lab.link(t, 'down', 'A');
  t.is(await echoes(lab, 20), 0);
  await lab.link(t, 'up', 'A:lan');
  t.true((await echoes(lab, 100)) > 20);
  await lab.link(t, 'set', 'A:lan', 'loss=none');
  await lab.link(t, 'partition', 'A', '/', 'B');
  t.is(await echoes(lab, 20), 0);
  // By IPv6 as well; and the way by which it is managed is nobody's to cut.
  t.regex(await lab.exec('A', 'ping', '-c2', '-i', '0.1', '-W1', '2001:db8::2'), / 0 received/);
  t.regex(await lab.exec('A', 'ping', '-c2', '-i', '0.1', '-W1', '192.168.121.1'), / 2 received/);
  await lab.link(t, 'heal');
  t.is(await echoes(lab, 100), 100);
  await lab.link(t, 'reset');
  t.deepEqual(await lab.plan(), []);
});

run('verify and link measure what is declared, and see where it is not so', async (t) => {
  const lab = await SshLinks.make(t);
  lab.write('{ up: { rate: 4mbit }, down: { rate: 12mbit, loss: 20% }, mtu: 1400 }', '{ mtu: 1400 }');
  await lab.make(t);
  const { verdicts } = (await lab.ssh.world.json('verify', '--json')) as unknown as Report;
  t.deepEqual(
    verdicts.filter(({ id }) => id.startsWith('link/')).map(({ id, status }) => `${id} ${status}`),
    ['link/A:lan pass', 'link/B:lan pass'],
    JSON.stringify(verdicts),
  );
  t.regex(
    verdicts.find(({ id }) => id === 'link/A:lan')?.observed ?? '',
    /rtt .* loss \d.*rate up [34][.\d]*mbit, rate down 1[12][.\d]*mbit, mtu 1400/,
  );
  await lab.exec('A', 'sh', '-c', 'tc qdisc change dev ens7 root tbf rate 2mbit burst 5kb limit 50kb');
  const { code, stdout } = await lab.ssh.world.run('link');
  t.is(code, 1, stdout);
  t.regex(stdout, /A:lan +up rate 4mbit.*rate up (2|1.9)\S*mbit, not 4mbit.*fail/);
  lab.write('{ up: { rate: 4mbit } }');
  t.true((await lab.plan()).includes('removed B: MTU 1400 on lan'));
  await lab.up();
  t.regex(await lab.exec('B', 'ip', 'link', 'show', 'ens7'), / mtu 1500 /);
  t.regex(await lab.exec('A', 'ip', 'link', 'show', 'ens7'), / mtu 1500 /);
});

type Plant = readonly [script: string, said: readonly string[]];

const [TO, FROM] = ['changed A: link to lan: loss 5%, rate 20mbit', 'changed A: link from lan: rate 30mbit'];
const PLANTS: readonly Plant[] = [
  ['tc qdisc del dev ens7 root', [TO]],
  ['tc qdisc change dev ens7 root tbf rate 9mbit burst 9kb limit 9kb', [TO]],
  ['tc qdisc replace dev ens7 root handle 7: pfifo', [TO]],
  ['nft delete table netdev labnet', [FROM, TO]],
  ['nft flush chain netdev labnet down-lan', [FROM]],
  ['nft insert rule netdev labnet up-lan drop', [TO]],
  ['ip link del labnetsink', [TO]],
  ['ip link del $(ip -br link | sed -n "s/^\\(labnet[0-9a-f]*\\) .*/\\1/p")', [FROM]],
  ['ip link set $(ip -br link | sed -n "s/^\\(labnet[0-9a-f]*\\) .*/\\1/p") down', [FROM]],
  ['ip link set ens7 mtu 1300', ['changed A: MTU 1400 on lan (is 1300)']],
  ['nft add chain netdev labnet other', ['changed A: what is lost on its links']],
  [
    'rm -r /run/labnet',
    ['added A: link from lan: rate 30mbit', 'added A: link to lan: loss 5%, rate 20mbit'],
  ],
];

run('what somebody does to a link by hand is named, and mended by up', async (t) => {
  const lab = await SshLinks.make(t);
  lab.write('{ up: { rate: 20mbit, loss: 5% }, down: { rate: 30mbit }, mtu: 1400 }', '{ mtu: 1400 }');
  await lab.make(t);
  const made = await lab.ssh.guests.state('A');
  for (const [script, said] of PLANTS) {
    await lab.ssh.guests.must('A', script);
    t.deepEqual(await lab.drift(), said, script);
    t.deepEqual(await lab.up(), said, script);
    t.deepEqual(await lab.drift(), [], script);
    t.deepEqual(differing(made, await lab.ssh.guests.state('A')), [], script);
  }
  // A boot has nothing of it, and its unit runs this.
  await lab.ssh.guests.must(
    'A',
    `nft delete table netdev labnet; tc qdisc del dev ens7 root; ip link set ens7 mtu 1500
    for one in $(ip -br link | sed -n 's/^\\(labnet[a-z0-9]*\\) .*/\\1/p'); do ip link del $one; done
    rm -r /run/labnet; sh /usr/local/lib/labnet/network up`,
  );
  t.deepEqual(differing(made, await lab.ssh.guests.state('A')), []);
  t.deepEqual(await lab.drift(), []);
  t.is((await lab.ssh.world.run('down')).code, 0);
  for (const machine of ['A', 'B']) t.deepEqual(await lab.left(machine), [], machine);
});

withoutNetem('what the kernel of a machine cannot do is refused before any is changed', async (t) => {
  const lab = await SshLinks.make(t);
  lab.write('{ delay: { rtt: 20ms }, rate: 20mbit, queue: { kind: cake } }');
  const { code, stderr } = await lab.ssh.up(lab.file);
  t.is(code, 1);
  t.regex(
    stderr,
    /error\[link-unsupported\]: A: its kernel \(.*\) has no sch_netem, which delay needs at A:lan: 'modprobe sch_netem'.*; and no sch_cake, which queue cake needs at A:lan/,
  );
  t.regex(stderr, /fix: /);
  for (const machine of ['A', 'B']) t.deepEqual(await lab.left(machine), [], machine);
  // Of a lab that runs: it stays what it was.
  lab.write('{ rate: 20mbit }');
  await lab.make(t);
  const { code: refused, stderr: why } = await lab.ssh.world.run('link', 'set', 'A', 'delay=80ms');
  t.is(refused, 1);
  t.regex(why, /A: its kernel .* has no sch_netem/);
  t.deepEqual(await lab.plan(), []);
});

run('a machine whose queue somebody else has set up is refused', async (t) => {
  const lab = await SshLinks.make(t);
  lab.write('{ rate: 20mbit }');
  await lab.ssh.guests.must('A', 'tc qdisc add dev ens7 root handle 9: pfifo');
  const { code, stderr } = await lab.ssh.up(lab.file);
  t.is(code, 1);
  t.regex(stderr, /error\[guest-network-config\]: A: a qdisc is where .*: ens7 \(pfifo 9:\)/);
  await lab.ssh.guests.must('A', 'tc qdisc del dev ens7 root');
  await lab.make(t);
  // Where tc is missing, its package is named.
  lab.write('{ rate: 30mbit }');
  await lab.ssh.guests.must('A', 'mount --bind /bin/false "$(command -v tc)"');
  t.is((await lab.ssh.up(lab.file)).code, 1);
  await lab.ssh.guests.must('A', 'umount "$(command -v tc)"');
  await lab.make(t);
  t.deepEqual(await lab.plan(), []);
});
