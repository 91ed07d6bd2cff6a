/** What every driver has to keep: one suite, run on each that can run here. */
import type { ExecutionContext } from 'ava';
import test from 'ava';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Creation, Runtime, Site } from '../../src/drivers/driver.js';
import type { Lab } from '../../src/model/lab.js';
import { planLab } from '../../src/plan/build.js';
import { toolPath } from '../../src/sys/tools.js';
import type { Session } from '../../src/transport/session.js';
import { temporaryFolder } from '../helpers/folder.js';
import { guardMachine } from '../helpers/machine.js';
import { example, labOf } from '../helpers/topologies.js';
import { unless } from '../helpers/unless.js';
import type { Ground, Grounds } from './grounds.js';
import { allGrounds } from './grounds.js';

const TIMEOUT = 10_000;
const quiet = (): void => undefined;

/** A lab's folder, as its record makes it. */
function label(): string {
  const folder = join(temporaryFolder('contract'), 'lab');
  mkdirSync(folder);
  return folder;
}

const site = (name = label()): Site => ({ label: name, baseDir: '/', save: () => undefined });

const create = (creation: Creation, lab: Lab, at = site()): Promise<Runtime> =>
  creation.create(lab, planLab(lab), at);

const all = await allGrounds();
guardMachine(test);
all.forEach(define);

function define({ driver, problem, atOnce, refusal, make }: Grounds): void {
  const run = unless(problem, atOnce ? test : test.serial);
  const begin = ({ options }: Ground): Creation => driver.begin(quiet, options);

  function keeps(text: string, lab: Lab, work: (t: ExecutionContext, ground: Ground) => Promise<void>): void {
    run(`${driver.name}: ${text}`, async (t) => {
      const ground = await make(lab);
      try {
        await work(t, ground);
      } finally {
        await ground.end();
      }
    });
  }

  async function up(ground: Ground, lab: Lab, name = label()): Promise<Runtime> {
    const creation = begin(ground);
    // The record on disk is JSON: nothing but that has to be enough to find the lab again.
    const runtime = JSON.parse(JSON.stringify(await create(creation, lab, site(name)))) as Runtime;
    await creation.commit();
    return runtime;
  }

  const keepsOpen = (
    text: string,
    lab: Lab,
    work: (t: ExecutionContext, session: Session) => Promise<void>,
  ): void =>
    keeps(text, lab, async (t, ground) => {
      const runtime = await up(ground, lab);
      try {
        const session = await driver.connect(lab, runtime);
        await work(t, session);
        await session.close();
      } finally {
        await driver.destroy(runtime, quiet);
      }
    });

  const wan = example('virtual-wan');

  keeps('a lab that is created and committed runs until it is destroyed', wan, async (t, ground) => {
    const runtime = await up(ground, wan);
    t.true(await driver.isRunning(runtime));
    t.true(await driver.destroy(runtime, quiet));
    t.false(await driver.isRunning(runtime));
    t.deepEqual(await ground.changed(), []);
    t.false(await driver.destroy(runtime, quiet), 'a second time there is nothing to do');
  });

  keeps('a lab that is aborted never was, or is there to be taken down', wan, async (t, ground) => {
    const early = begin(ground);
    await early.abort();
    await t.throwsAsync(create(early, wan), undefined, 'it is not begun any more');
    t.deepEqual(await ground.changed(), []);
    const creation = begin(ground);
    const runtime = await create(creation, wan);
    await creation.abort();
    await creation.abort();
    t.is(await driver.isRunning(runtime), driver.lasting);
    t.is(await driver.destroy(runtime, quiet), driver.lasting);
    t.deepEqual(await ground.changed(), []);
  });

  keeps('abort while a lab is made stops that', wan, async (t, ground) => {
    const creation = begin(ground);
    const own = label();
    const creating = create(creation, wan, site(own)).then(quiet, quiet);
    await creation.abort();
    await creating;
    await driver.destroyLabelled(own);
    t.false(await driver.destroyLabelled(own));
    t.deepEqual(await ground.changed(), []);
  });

  keeps('abort comes too late for a lab that is committed', wan, async (t, ground) => {
    const creation = begin(ground);
    const runtime = await create(creation, wan);
    await creation.commit();
    await creation.abort();
    t.true(await driver.isRunning(runtime));
    await driver.destroy(runtime, quiet);
  });

  keeps('a lab without a record is found by its label', wan, async (t, ground) => {
    const own = label();
    const runtime = await up(ground, wan, own);
    t.false(await driver.destroyLabelled(`${own}x`));
    t.true(await driver.destroyLabelled(own));
    t.false(await driver.isRunning(runtime));
  });

  keepsOpen('commands run in their machines, with input, output and exit code', wan, async (t, session) => {
    const outputs = await session.run([
      { machine: 'proxyA', argv: ['ip', '-br', '-4', 'address'], timeout: TIMEOUT },
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
  });

  keepsOpen(
    'commands run as root, in the folder and with the environment asked for',
    wan,
    async (t, session) => {
      const asked = { ODD: `a'b "c" $(id)\n` };
      const user = { directory: '/', env: { PATH: toolPath(), ...asked }, asked };
      const [id, odd, more] = await session.run([
        { machine: 'router', argv: ['id', '-u'], timeout: TIMEOUT },
        { machine: 'router', argv: ['printenv', 'ODD'], timeout: TIMEOUT, user },
        { machine: 'router', argv: ['head', '-c', '300000', '/dev/zero'], timeout: TIMEOUT },
      ]);
      t.is(id?.stdout, '0\n');
      t.is(odd?.stdout, `a'b "c" $(id)\n\n`);
      t.is(more?.stdout.length, 300_000);
    },
  );

  const chain = example('router-chain');

  keepsOpen(
    'probes are answered, refused, unreachable or expired, as the network is',
    chain,
    async (t, session) => {
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
          {
            id: 6,
            machine: 'source',
            protocol: 'tcp',
            to: '2001:db8:5::2',
            port: 7000,
            talk: true,
            ...timing,
          },
          { id: 7, machine: 'source', protocol: 'tcp', to: '10.0.5.2', port: 7001, ...timing },
        ],
        listeners: [
          { machine: 'sink', protocol: 'udp', port: 7000 },
          { machine: 'sink', protocol: 'tcp', port: 7000 },
        ],
        captures: ['sink', 'r3'],
      });
      t.deepEqual(
        results.map(({ replies }) => replies[0]?.kind),
        ['answer', 'answer', 'expired', 'unreachable', 'answer', 'refused', 'answer', 'refused'],
      );
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
    },
  );

  keepsOpen('a port that is taken is said to be', wan, async (t, session) => {
    const listener = { machine: 'proxyB', protocol: 'tcp', port: 80 } as const;
    const wanted = { run: 1, probes: [], listeners: [listener, listener], captures: [] };
    t.deepEqual((await session.test(wanted)).listeners, ['open', 'in-use']);
  });

  const firewall = example('dmz');

  keepsOpen('names resolve in every machine', firewall, async (t, session) => {
    const user = { directory: '/', env: {}, asked: {} };
    const names = firewall.machines.map(({ name }) => name);
    const argv = ['getent', 'hosts', ...names] as const;
    const outputs = await session.run(names.map((machine) => ({ machine, argv, timeout: TIMEOUT, user })));
    t.deepEqual(
      outputs.map(({ exitCode, stdout }) => [exitCode, stdout.trim().split('\n').length]),
      names.map(() => [0, names.length]),
    );
  });

  const pair = labOf(
    'name: x\nsegments: { lan: { subnet: 10.0.0.0/24, subnet6: 2001:db8::/64 }, wan: 10.1.0.0/24 }\nhosts: { a: lan }\nrouters: { r: { lan: auto, wan: auto } }',
  );

  keeps(
    'what the kernel refuses is said by machine and step, and nothing is left',
    pair,
    async (t, ground) => {
      const creation = begin(ground);
      const plan = await ground.spoil(planLab(pair));
      const own = label();
      await t.throwsAsync(creation.create(pair, plan, site(own)), { message: refusal });
      await creation.abort();
      t.is(await driver.destroyLabelled(own), driver.lasting);
      t.deepEqual(await ground.changed(), []);
    },
  );
}
