/** How runs of scenarios end: as planned, by a step that fails, by Ctrl-C, by kill -9, and before they begin. */
import test from 'ava';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { OUTPUTS, schemaName } from '../../src/report/outputs.js';
import { finished } from '../helpers/cli.js';
import { temporaryFolder } from '../helpers/folder.js';
import { guardMachine } from '../helpers/machine.js';
import { eventsOf, manifestOf, noLabs, TOPOLOGY, world, written } from '../helpers/scenario-runs.js';

guardMachine(test);

test('a step that fails ends the run and keeps what there is', async (t) => {
  const labnet = world(t);
  const out = join(temporaryFolder('results'), 'failing');
  const file = written(`
timeline:
  - { name: wire, capture: { at: alice } }
  - { name: good, exec: { machine: alice, run: [sh, -c, "echo said"] } }
  - { name: bad, exec: { machine: alice, run: [sh, -c, "echo why >&2; exit 3"] } }
  - { name: never, exec: { machine: alice, run: ["true"] } }
`);
  const { code, stdout } = await labnet.run('run', file, '--out', out);
  t.is(code, 1, stdout);
  t.regex(stdout, /✗ exec alice: .*exit code 3/);
  const { status, steps } = manifestOf(out);
  t.is(status, 'failed');
  t.deepEqual(
    steps.map((step) => [step.id, step.status]),
    [
      ['wire', 'pass'],
      ['good', 'pass'],
      ['bad', 'fail'],
      ['never', 'skipped'],
    ],
  );
  t.is(readFileSync(join(out, 'commands/good.stdout'), 'utf8'), 'said\n');
  t.is(readFileSync(join(out, 'commands/bad.stderr'), 'utf8'), 'why\n');
  t.true(existsSync(join(out, 'captures/wire.pcapng')));
  t.deepEqual(await noLabs(labnet), []);
  // What is there is not mixed with what would be new.
  const again = await labnet.run('run', file, '--out', out);
  t.is(again.code, 1);
  t.regex(again.stderr, /error\[file-unwritable\]: .* is not empty/);
});

test("what a scenario's 'blocked' forbids fails the run where it gets through", async (t) => {
  const labnet = world(t);
  const blocked = (name: string, more = ''): string =>
    written(`timeline: [{ name: ${name}, check: { blocked: alice -> rendezvous }${more} }]`);
  const open = await labnet.run('run', blocked('open'), '--out', join(temporaryFolder('results'), 'open'));
  t.is(open.code, 1, open.stdout);
  const known = await labnet.run(
    'run',
    blocked('known', ', expect: fail'),
    '--out',
    join(temporaryFolder('results'), 'known'),
  );
  t.is(known.code, 0, known.stdout + known.stderr);
});

test('a lab that runs is used and left, by the library too', async (t) => {
  const labnet = world(t);
  const folder = temporaryFolder('results');
  await labnet.run('up', TOPOLOGY);
  const file = written(
    'timeline: [{ nat-set: { router: router-a, preset: symmetric } }, { nat-probe: router-a }]',
  );
  const { code, stdout } = await labnet.run(
    'run',
    file,
    '--out',
    join(folder, 'used'),
    '--lab',
    'hole-punching',
  );
  t.is(code, 0, stdout);
  t.is(((await noLabs(labnet)) as unknown[]).length, 1);
  const { runScenario } = await import('../../src/index.js');
  const seen: string[] = [];
  const { status, runs } = await runScenario(file, {
    ...{ out: join(folder, 'own'), stateDir: labnet.stateDir, repeat: 2, jobs: 2 },
    onStep: ({ index }, { id, status: how }) => void seen.push(`${index} ${id} ${how}`),
  });
  t.is(status, 'passed');
  t.deepEqual(
    runs.map(({ seed }) => seed),
    [1, 2],
  );
  t.deepEqual(seen.sort(), [
    '1 nat-probe-2 pass',
    '1 nat-set-1 pass',
    '2 nat-probe-2 pass',
    '2 nat-set-1 pass',
  ]);
  // The one that was there before is what it was.
  t.is(((await noLabs(labnet)) as unknown[]).length, 1);
});

test('a run that is killed leaves its lab for down, and says that it was running', async (t) => {
  const labnet = world(t);
  const out = join(temporaryFolder('results'), 'killed');
  const child = labnet.start(
    'run',
    written('timeline: [{ name: long, exec: { machine: alice, run: [sleep, "300"], timeout: 10m } }]'),
    '--out',
    out,
  );
  const ended = finished(child);
  for (let tries = 0; tries < 600 && !existsSync(join(out, 'commands/long.stdout')); tries++) await sleep(50);
  child.kill('SIGKILL');
  await ended;
  t.is(manifestOf(out).status, 'running');
  const { code, stdout } = await labnet.run('down', '--all');
  t.is(code, 0);
  t.regex(stdout, /hole-punching-\w+-1 is down/);
});

test('Ctrl-C takes the lab down and keeps the results', async (t) => {
  const labnet = world(t);
  const out = join(temporaryFolder('results'), 'stopped');
  const file = written(`
timeline:
  - { name: first, exec: { machine: alice, run: [echo, hello] } }
  - { name: long, exec: { machine: alice, run: [sleep, "300"], timeout: 10m } }
`);
  const child = labnet.start('run', file, '--out', out);
  const ended = finished(child);
  for (
    let tries = 0;
    tries < 600 &&
    !(existsSync(join(out, 'events.jsonl')) && eventsOf(out).some(({ step }) => step === 'long'));
    tries++
  )
    await sleep(50);
  child.kill('SIGINT');
  const { code, stdout } = await ended;
  t.is(code, 130, stdout);
  t.is(manifestOf(out).status, 'stopped');
  t.is(readFileSync(join(out, 'commands/first.stdout'), 'utf8'), 'hello\n');
  t.deepEqual(await noLabs(labnet), []);
});

test('a plan, and mistakes, before anything is brought up', async (t) => {
  const labnet = world(t);
  const plan = await labnet.json(
    'run',
    written('timeline: [{ at: 1s, every: 1s, times: 2, link-down: bob }]'),
    '--plan',
    '--json',
  );
  const { schema, ...body } = plan;
  t.is(schema, schemaName('run-plan'));
  const { runs } = OUTPUTS['run-plan'].strict().parse(body);
  t.deepEqual(
    runs[0]?.steps.map(({ id, at }) => [id, at]),
    [
      ['link-down-1#1', 1000],
      ['link-down-1#2', 2000],
    ],
  );
  const { code, stderr } = await labnet.run('run', written('timeline: [{ stop: bobb }]'));
  t.is(code, 2);
  t.regex(stderr, /error\[unknown-machine\]: there is no machine 'bobb'[^]*:2:\d+[^]*did you mean 'bob'/);
});
