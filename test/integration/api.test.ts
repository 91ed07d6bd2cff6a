/** labnet in somebody else's tests: import { Lab } from 'labnet'. */
import test from 'ava';
import { readdirSync, readFileSync } from 'node:fs';
import { Lab, LabnetError, render, validate } from '../../src/index.js';
import { World } from '../helpers/cli.js';
import { guardMachine, holdersOf } from '../helpers/machine.js';
import { examplePath } from '../helpers/topologies.js';

guardMachine(test);

const TOPOLOGY = {
  name: 'mine',
  segments: { lan: '10.9.0.0/24', wan: '203.0.113.0/24' },
  hosts: { a: 'lan', b: 'wan' },
  routers: { r: { interfaces: { lan: 'auto', wan: 'auto' }, nat: [{ masquerade: 'lan', via: 'wan' }] } },
};

test('a lab from data lives as long as its scope', async (t) => {
  const world = new World();
  t.teardown(() => world.end());
  {
    await using lab = await Lab.up(TOPOLOGY, { stateDir: world.stateDir });
    t.is(lab.name, 'mine');
    t.true(lab.created);
    const { stdout, exitCode } = await lab.exec('a', ['ping', '-c1', '-W2', 'b']);
    t.is(exitCode, 0, stdout);
    t.is((await lab.exec('a', ['cat'], { stdin: 'through\nand through' })).stdout, 'through\nand through');
    t.like(await lab.exec('a', ['sleep', '30'], { timeout: 200 }), { timedOut: true });
    t.is(
      (await lab.exec('a', ['sh', '-c', 'echo $COLOUR; pwd'], { env: { COLOUR: 'blue' }, cwd: '/usr' }))
        .stdout,
      'blue\n/usr\n',
    );
    const report = await lab.verify({ kinds: ['gateway', 'seen-as'] });
    t.is(report.failed, 0);
    t.deepEqual([...new Set(report.verdicts.map(({ kind }) => kind))], ['gateway', 'seen-as']);
    t.is((await lab.status()).machines.length, 3);
    t.deepEqual(
      (await Lab.list({ stateDir: world.stateDir })).map(({ name }) => name),
      ['mine'],
    );
  }
  t.deepEqual(holdersOf(world.stateDir, 'mine'), []);
  t.deepEqual(readdirSync(world.stateDir), []);
});

test('a scope that is left by an exception takes the lab along', async (t) => {
  const world = new World();
  t.teardown(() => world.end());
  await t.throwsAsync(
    async () => {
      await using lab = await Lab.up(TOPOLOGY, { stateDir: world.stateDir });
      throw new Error(`out of ${lab.name}`);
    },
    { message: 'out of mine' },
  );
  t.deepEqual(holdersOf(world.stateDir, 'mine'), []);
});

test('mistakes come as diagnostics', async (t) => {
  const error = await t.throwsAsync(Lab.up({ ...TOPOLOGY, hosts: { a: 'lam' } }), {
    instanceOf: LabnetError,
  });
  t.is(error.exitCode, 2);
  t.is(error.diagnostics[0]?.code, 'unknown-segment');
  const { lab, diagnostics } = await validate(examplePath('virtual-wan'));
  t.true(lab !== undefined && diagnostics.every(({ severity }) => severity === 'warning'));
  t.true(lab !== undefined && (await render(lab)).some(({ path }) => path === 'lab.sh'));
});

test('an up that is called off leaves nothing', async (t) => {
  const world = new World();
  t.teardown(() => world.end());
  for (const moment of [0, 20, 60, 100, 140]) {
    const controller = new AbortController();
    const up = Lab.up(examplePath('three-isps'), { stateDir: world.stateDir, signal: controller.signal });
    setTimeout(() => controller.abort(), moment);
    try {
      await (await up).down();
    } catch (error) {
      t.is((error as LabnetError).exitCode, 130, String(error));
    }
    t.deepEqual(holdersOf(world.stateDir, 'three-isps'), [], `${moment} ms`);
    t.deepEqual(readdirSync(world.stateDir), [], `${moment} ms`);
  }
});

test('a handle of a lab that was taken down and brought up again does not take the new one down', async (t) => {
  const world = new World();
  t.teardown(() => world.end());
  const old = await Lab.up(TOPOLOGY, { stateDir: world.stateDir });
  await Lab.destroy('mine', { stateDir: world.stateDir });
  await using fresh = await Lab.up(TOPOLOGY, { stateDir: world.stateDir });
  await old.down();
  t.is((await fresh.exec('a', ['true'])).exitCode, 0);
});

test('many labs in one process, one after the other, leave no process and no open file', async (t) => {
  const world = new World();
  t.teardown(() => world.end());
  const open = (): number => readdirSync('/proc/self/fd').length;
  const children = (): string[] =>
    readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && parentOf(pid) === process.pid);
  await using first = await Lab.up({ ...TOPOLOGY, name: 'warm' }, { stateDir: world.stateDir });
  await first.down();
  const before = { open: open(), children: children().length };
  for (let i = 0; i < 5; i++) {
    const lab = await Lab.up(TOPOLOGY, { stateDir: world.stateDir });
    await lab.exec('a', ['true']);
    await lab.down();
  }
  t.true(children().length <= before.children, children().join());
  t.true(open() <= before.open + 8, `${before.open} -> ${open()}`);
});

function parentOf(pid: string): number {
  try {
    return Number(/^PPid:\s*(\d+)/m.exec(readStatus(pid))?.[1]);
  } catch {
    return 0;
  }
}

const readStatus = (pid: string): string => readFileSync(`/proc/${pid}/status`, 'utf8');
