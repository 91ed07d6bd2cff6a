/** Links that do to packets what the file says: measured with other programs, changed in place, mended, or refused. */
import test from 'ava';
import { USERS } from '../helpers/cli.js';
import { LinkLab } from '../helpers/link-lab.js';
import { noIperf, startFlow } from '../helpers/link-traffic.js';
import { guardMachine } from '../helpers/machine.js';
import { unless } from '../helpers/unless.js';
import type { Report } from '../../src/index.js';
import { linkAbilities } from '../../src/drivers/netns/link-abilities.js';

guardMachine(test);

const LONG = 300_000;
const hasNetem = linkAbilities().has('netem');
const withIperf = unless(noIperf);

for (const { who, as } of USERS) {
  withIperf(`each direction has its own rate, as ${as}`, async (t) => {
    t.timeout(LONG);
    const lab = new LinkLab(t, who);
    lab.write('{ up: { rate: 20mbit, queue: 50 packets }, down: { rate: 60mbit } }');
    await lab.up(t);
    // Of what is sent 1448 bytes in 1514 are counted; beside other tests it may be less, and never more.
    const [there, back] = [await lab.rate(), await lab.rate('-R')];
    t.true(there > 15 && there < 20.2, `up ${there}`);
    t.true(back > 40 && back < 60.6, `down ${back}`);
    t.deepEqual(await lab.planned(), []);
  });

  test(`random loss is what is written, as ${as}`, async (t) => {
    t.timeout(LONG);
    const lab = new LinkLab(t, who);
    lab.write('{ up: { loss: 10% } }');
    await lab.up(t);
    // 4000 with a chance of 0.9: five standard deviations are 95.
    const echoes = await lab.echoes(4000);
    t.true(Math.abs(echoes - 3600) < 95, `${echoes}`);
    lab.write('{ down: { loss: 50% } }');
    t.true((await lab.planned()).some((text) => text.startsWith('added A: link on eth0 from lan: loss 50%')));
    await lab.up(t);
    t.true(Math.abs((await lab.echoes(4000)) - 2000) < 160);
    lab.write('');
    await lab.up(t);
    t.is(await lab.echoes(500), 500);
  });
}

for (const { who, as } of USERS)
  test(`a link is set, cut and kept apart while the lab runs, and is again what the file says, as ${as}`, async (t) => {
    t.timeout(LONG);
    const lab = new LinkLab(t, who);
    lab.write('{ rate: 50mbit }');
    await lab.up(t);
    const link = async (...words: readonly string[]): Promise<void> => {
      const { code, stderr } = await lab.world.run('link', ...words);
      t.is(code, 0, stderr);
    };
    await link('set', 'A:lan', 'up.rate=8mbit', 'down.loss=40%');
    t.regex(await lab.exec('A', 'tc', 'qdisc', 'show', 'dev', 'eth0'), /rate 8Mbit/);
    t.true(Math.abs((await lab.echoes(1000)) - 600) < 80);
    // It is no drift, it is what the lab is; the file says otherwise, and status tells both.
    t.deepEqual((await lab.world.json('status', '--drift', '--json'))['changes'], []);
    t.regex(
      (await lab.world.run('status')).stdout,
      /up rate 8mbit; down loss 40%, rate 50mbit\n.*set while it runs; the file says: both ways rate 50mbit/,
    );
    t.is((await lab.planned()).length, 2);
    await link('down', 'A');
    t.is(await lab.echoes(20), 0);
    await link('up', 'A:lan');
    t.true((await lab.echoes(100)) > 20);
    await link('set', 'A:lan', 'loss=none');
    await link('partition', 'A', '/', 'B');
    t.is(await lab.echoes(20), 0);
    await link('heal');
    t.is(await lab.echoes(100), 100);
    await lab.up(t);
    t.deepEqual(await lab.planned(), []);
    t.regex(await lab.exec('A', 'tc', 'qdisc', 'show', 'dev', 'eth0'), /rate 50Mbit/);
    await link('set', ':lan', 'rate=5mbit');
    await link('reset');
    t.deepEqual(await lab.planned(), []);
  });

test('verify and link measure what is declared, and see where it is not so', async (t) => {
  t.timeout(LONG);
  const lab = new LinkLab(t);
  lab.write('{ up: { rate: 4mbit }, down: { rate: 12mbit, loss: 20% }, mtu: 1400 }');
  await lab.up(t);
  const { verdicts } = (await lab.world.json('verify', '--only', 'link', '--json')) as unknown as Report;
  t.deepEqual(
    verdicts.map(({ id, status }) => `${id} ${status}`),
    ['link/A:lan pass'],
    JSON.stringify(verdicts),
  );
  t.regex(
    verdicts[0]?.observed ?? '',
    /rtt .* loss \d.*rate up [34][.\d]*mbit, rate down 1[12][.\d]*mbit, mtu 1400/,
  );
  // Somebody else has been at it: what is measured is what is there.
  await lab.exec('A', ...'tc qdisc change dev eth0 root tbf rate 2mbit burst 5kb limit 50kb'.split(' '));
  const { code, stdout } = await lab.world.run('link');
  t.is(code, 1, stdout);
  t.regex(stdout, /A:lan +up rate 4mbit.*rate up (2|1.9)\S*mbit, not 4mbit.*fail/);
});

test('what is no change of a link is refused, and changes nothing', async (t) => {
  t.timeout(LONG);
  const lab = new LinkLab(t);
  lab.write('{ rate: 5mbit }');
  await lab.up(t);
  const refused: readonly (readonly [words: string, code: string])[] = [
    ['set A:lan rat=1mbit', 'unknown-key'],
    ['set A:lan rate=fast', 'bad-amount'],
    ['set A:lan rate', 'wrong-value'],
    ['set A:lan jitter=1ms', 'link-unfit'],
    ['set A:lan preset=fiber', 'unknown-preset'],
    ['set A:wan rate=1mbit', 'not-attached'],
    ['set C rate=1mbit', 'machine-not-found'],
    ['set :wan rate=1mbit', 'unknown-segment'],
    ['partition A', 'bad-usage'],
    ['partition A / A,B', 'bad-usage'],
  ];
  for (const [words, wanted] of refused) {
    const { code, stderr } = await lab.world.run('link', ...words.split(' '));
    t.is(code, 2, words);
    t.regex(stderr, new RegExp(`error\\[${wanted}\\]`), words);
    t.regex(stderr, /fix: /, words);
  }
  t.deepEqual(await lab.planned(), []);
});

test('what somebody does to a link by hand is planned, mended and called so', async (t) => {
  t.timeout(LONG);
  const lab = new LinkLab(t);
  lab.write('{ rate: 20mbit, loss: 5% }');
  await lab.up(t);
  t.deepEqual(await lab.planned(), []);
  await lab.exec('A', ...'tc qdisc change dev eth0 root tbf rate 9mbit burst 9kb limit 9kb'.split(' '));
  const [found = ''] = await lab.planned();
  t.regex(found, /^changed A: link on eth0 to lan: .*rate 20mbit.*\(hand\)$/);
  await lab.up(t);
  t.deepEqual(await lab.planned(), []);
  await lab.exec('A', 'tc', 'qdisc', 'del', 'dev', 'eth0', 'root');
  t.is((await lab.planned()).length, 1);
  await lab.up(t);
  t.regex(await lab.exec('A', 'tc', 'qdisc', 'show', 'dev', 'eth0'), /tbf 2: root .* rate 20Mbit/);
  // At an interface whose link says nothing, too.
  await lab.exec('B', ...'tc qdisc add dev eth0 root tbf rate 1mbit burst 9kb limit 9kb'.split(' '));
  t.deepEqual(await lab.planned(), ['removed B: tc on eth0, up (hand)']);
  await lab.up(t);
  t.deepEqual(await lab.planned(), []);
  t.notRegex(await lab.exec('B', 'tc', 'qdisc', 'show', 'dev', 'eth0'), /tbf/);
});

test('no connection is cut by a hundred changes of parameters, nor by those of shape', async (t) => {
  t.timeout(LONG);
  const lab = new LinkLab(t);
  lab.write('{ rate: 20mbit }');
  await lab.up(t);
  const flow = await startFlow(lab);
  const shapes = [
    '{ rate: 30mbit, loss: 1% }',
    '{ up: { rate: 5mbit, queue: 30 packets } }',
    '',
    '{ loss: 2% }',
  ];
  for (const shape of shapes) {
    lab.write(shape);
    await lab.up(t);
  }
  // In the way of 'tc change': the same lines that labnet writes, one after another.
  const lines = Array.from(
    { length: 100 },
    (_, i) => `qdisc replace dev eth0 root handle 2: tbf rate ${5 + i}mbit burst 20kb limit 100kb`,
  );
  await lab.exec('A', 'sh', '-c', `printf '%s\\n' "$@" | tc -batch -`, 'sh', ...lines);
  lab.write('{ rate: 40mbit }');
  await lab.up(t);
  await flow.answersOn(t);
  flow.end();
});

test('an MTU is of the interface, and changes in place', async (t) => {
  t.timeout(LONG);
  const lab = new LinkLab(t);
  const fits = async (size: number): Promise<boolean> =>
    (
      await lab.exec('A', 'ping', '-M', 'do', '-c', '1', '-W', '2', '-s', `${size - 28}`, '10.1.0.2')
    ).includes('1 received');
  lab.write('', '{ mtu: 1400 }');
  await lab.up(t);
  t.true(await fits(1400));
  t.false(await fits(1401));
  t.deepEqual(await lab.planned(), []);
  lab.write('', '{ mtu: 9000 }');
  t.regex((await lab.planned()).join('\n'), /A: interface eth0 on lan \(has an MTU of 1400\) \(file\)/);
  await lab.up(t);
  t.true(await fits(9000));
  lab.write('');
  await lab.up(t);
  t.true(await fits(1500));
  t.false(await fits(1501));
});

unless(hasNetem ? 'this kernel has netem' : '')(
  'what the kernel cannot do is refused before anything is made, with the fix',
  async (t) => {
    const lab = new LinkLab(t);
    lab.write('{ delay: { rtt: 20ms }, rate: 20mbit, queue: { kind: cake } }');
    const { code, stderr } = await lab.world.run('up', lab.file);
    t.is(code, 1);
    t.regex(stderr, /error\[link-unsupported\]: this kernel .* has no sch_netem, which delay needs at A:lan/);
    t.regex(stderr, /fix: .*modprobe sch_netem/);
    t.deepEqual((await lab.world.json('list', '--json'))['labs'], []);
    // Of a lab that runs: it stays what it was.
    lab.write('{ rate: 20mbit }');
    await lab.up(t);
    lab.write('{ rate: 20mbit, jitter: 1ms, delay: { rtt: 9ms } }');
    t.is((await lab.world.run('up', lab.file)).code, 1);
    lab.write('{ rate: 20mbit }');
    t.deepEqual(await lab.planned(), []);
    t.regex((await lab.world.run('doctor')).stdout, /no sch_netem: links have no delay.*'rate' by tbf/);
  },
);
