/** What every driver has to keep: one suite, run on each that can run here. */
import test from 'ava';
import { join } from 'node:path';
import type { Driver, Runtime, Site } from '../../src/drivers/driver.js';
import { driverNamed, driverNames } from '../../src/drivers/registry.js';
import type { Lab } from '../../src/model/lab.js';
import { planLab } from '../../src/plan/build.js';
import { temporaryFolder } from '../helpers/folder.js';
import { guardMachine } from '../helpers/machine.js';
import { example, labOf } from '../helpers/topologies.js';

const TIMEOUT = 10_000;
const label = (): string => join(temporaryFolder('contract'), 'lab');
const site = (name: string): Site => ({ label: name, baseDir: '/', save: () => undefined });
const quiet = (): void => undefined;

async function up(driver: Driver, lab: Lab, name = label()): Promise<Runtime> {
  const creation = driver.begin(quiet, {});
  // The record on disk is JSON: nothing but that has to be enough to find the lab again.
  const runtime = JSON.parse(JSON.stringify(await creation.create(lab, planLab(lab), site(name)))) as Runtime;
  await creation.commit();
  return runtime;
}

/** Those that make their machines out of nothing; integration/ssh and vm/ bring the machines for the others. */
const all = await Promise.all(driverNames().map(driverNamed));
const drivers = await Promise.all(
  all
    .filter(({ lasting }) => !lasting)
    .map(async (driver) => ({ name: driver.name, driver, problems: await driver.probe() })),
);

guardMachine(test);

for (const { name, driver, problems } of drivers) {
  const run = problems.length === 0 ? test : test.skip;
  const title = (text: string): string =>
    `${name}: ${text}${problems.length > 0 ? ` (skipped: ${problems[0]?.message ?? ''})` : ''}`;

  run(title('a lab that is created and committed runs until it is destroyed'), async (t) => {
    const runtime = await up(driver, example('virtual-wan'));
    t.true(driver.isRunning(runtime));
    t.true(await driver.destroy(runtime, quiet));
    t.false(driver.isRunning(runtime));
    t.false(await driver.destroy(runtime, quiet), 'a second time there is nothing to do');
  });

  run(title('a lab that is aborted never was'), async (t) => {
    const early = driver.begin(quiet, {});
    await early.abort();
    const creation = driver.begin(quiet, {});
    const lab = example('virtual-wan');
    const runtime = await creation.create(lab, planLab(lab), site(label()));
    await creation.abort();
    await creation.abort();
    t.false(driver.isRunning(runtime));
  });

  run(title('abort comes too late for a lab that is committed'), async (t) => {
    const creation = driver.begin(quiet, {});
    const lab = example('virtual-wan');
    const runtime = await creation.create(lab, planLab(lab), site(label()));
    await creation.commit();
    await creation.abort();
    t.true(driver.isRunning(runtime));
    await driver.destroy(runtime, quiet);
  });

  run(title('a lab without a record is found by its label'), async (t) => {
    const own = label();
    const runtime = await up(driver, example('virtual-wan'), own);
    t.false(await driver.destroyLabelled(`${own}x`));
    t.true(await driver.destroyLabelled(own));
    t.false(driver.isRunning(runtime));
  });

  run(title('commands run in their machines, at once, with their input, output and exit code'), async (t) => {
    const lab = example('virtual-wan');
    const runtime = await up(driver, lab);
    t.teardown(() => driver.destroy(runtime, quiet).then(quiet));
    const session = await driver.connect(lab, runtime);
    const outputs = await session.run([
      { machine: 'proxyA', argv: ['ip', '-br', '-4', 'address', 'show', 'eth0'], timeout: TIMEOUT },
      { machine: 'proxyB', argv: ['cat'], stdin: 'text\n', timeout: TIMEOUT },
      { machine: 'router', argv: ['sh', '-c', 'echo oops >&2; exit 9'], timeout: TIMEOUT },
      { machine: 'peerA', argv: ['sleep', '20'], timeout: 100 },
      { machine: 'peerA', argv: ['no-such-program'], timeout: TIMEOUT },
    ]);
    t.regex(outputs[0]?.stdout ?? '', /192\.168\.10\.100\/24/);
    t.is(outputs[1]?.stdout, 'text\n');
    t.like(outputs[2], { exitCode: 9, stderr: 'oops\n', timedOut: false });
    t.like(outputs[3], { timedOut: true });
    t.not(outputs[4]?.exitCode, 0);
    await session.close();
  });

  run(title('probes are answered, refused, unreachable or expired, as the network is'), async (t) => {
    const lab = example('router-chain');
    const runtime = await up(driver, lab);
    t.teardown(() => driver.destroy(runtime, quiet).then(quiet));
    const session = await driver.connect(lab, runtime);
    const timing = { count: 2, interval: 100, wait: 500 };
    const { results, listeners, captured } = await session.test({
      run: 7,
      probes: [
        { id: 0, machine: 'source', protocol: 'icmp', to: '10.0.5.2', ...timing },
        { id: 1, machine: 'source', protocol: 'icmp', to: '2001:db8:5::2', ...timing },
        { id: 2, machine: 'source', protocol: 'icmp', to: '10.0.5.2', ttl: 2, ...timing },
        { id: 3, machine: 'source', protocol: 'icmp', to: '10.77.0.1', ...timing },
        { id: 4, machine: 'source', protocol: 'udp', to: '10.0.5.2', port: 7000, ...timing },
        { id: 5, machine: 'source', protocol: 'udp', to: '10.0.5.2', port: 7001, ...timing },
        { id: 6, machine: 'source', protocol: 'tcp', to: '2001:db8:5::2', port: 7000, talk: true, ...timing },
        { id: 7, machine: 'source', protocol: 'tcp', to: '10.0.5.2', port: 7001, ...timing },
      ],
      listeners: [
        { machine: 'sink', protocol: 'udp', port: 7000 },
        { machine: 'sink', protocol: 'tcp', port: 7000 },
      ],
      captures: ['sink', 'r3'],
    });
    const kinds = results.map(({ replies }) => replies[0]?.kind);
    t.deepEqual(kinds, [
      'answer',
      'answer',
      'expired',
      'unreachable',
      'answer',
      'refused',
      'answer',
      'refused',
    ]);
    t.is(results[2]?.replies[0]?.from, '10.0.1.2');
    t.is(results[4]?.replies[0]?.seenAs, '10.0.0.2');
    t.is(results[6]?.replies[0]?.seenAs, '2001:db8::2');
    t.deepEqual(listeners, ['open', 'open']);
    t.deepEqual(
      captured.map(({ machine, complete }) => [machine, complete]),
      [
        ['sink', true],
        ['r3', true],
      ],
    );
    await session.close();
  });

  run(title('a port that is taken is said to be'), async (t) => {
    const lab = example('virtual-wan');
    const runtime = await up(driver, lab);
    t.teardown(() => driver.destroy(runtime, quiet).then(quiet));
    const session = await driver.connect(lab, runtime);
    const listener = { machine: 'proxyB', protocol: 'tcp', port: 80 } as const;
    const { listeners } = await session.test({
      run: 1,
      probes: [],
      listeners: [listener, listener],
      captures: [],
    });
    t.deepEqual(listeners, ['open', 'in-use']);
    await session.close();
  });

  run(title('names resolve in every machine'), async (t) => {
    const lab = example('three-isps');
    const runtime = await up(driver, lab);
    t.teardown(() => driver.destroy(runtime, quiet).then(quiet));
    const session = await driver.connect(lab, runtime);
    const user = { directory: '/', env: {}, asked: {} };
    const outputs = await session.run(
      lab.machines.map(({ name: machine }) => ({
        machine,
        argv: ['getent', 'hosts', 'a-1', 'c2-5', machine] as const,
        timeout: TIMEOUT,
        user,
      })),
    );
    t.deepEqual(
      outputs.map(({ exitCode }) => exitCode),
      lab.machines.map(() => 0),
    );
    await session.close();
  });

  run(title('what the kernel refuses is said by machine and step, and nothing is left'), async (t) => {
    const lab = labOf('name: x\nsegments: { lan: 10.0.0.0/24 }\nhosts: { a: lan }');
    const creation = driver.begin(quiet, {});
    const plan = planLab(lab);
    const wrong = {
      do: 'route',
      machine: 'a',
      family: 4,
      to: '10.9.0.0/24',
      via: '10.5.0.1',
      interface: 'eth0',
    } as const;
    const machines = [...plan.machines].map((machine) => ({
      ...machine,
      routes: [...machine.routes, wrong],
    }));
    await t.throwsAsync(creation.create(lab, { ...plan, machines }, site(label())), {
      message: /a: route to 10\.9\.0\.0\/24 via 10\.5\.0\.1 on eth0/,
    });
    await creation.abort();
  });
}
