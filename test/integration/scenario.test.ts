/** `labnet run` on real labs: what it does in time, and what it writes down. */
import test from 'ava';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OUTPUTS, schemaName } from '../../src/report/outputs.js';
import type { World } from '../helpers/cli.js';
import { isRoot } from '../helpers/cli.js';
import { temporaryFolder } from '../helpers/folder.js';
import { guardMachine } from '../helpers/machine.js';
import { eventsOf, manifestOf, noLabs, world, written } from '../helpers/scenario-runs.js';
import { pathTo } from '../helpers/topologies.js';

guardMachine(test);

const STORY = `
timeline:
  - name: wire
    capture: { at: "rendezvous:internet", filter: icmp }
  - name: clock
    exec: { machine: observer, run: [sh, -c, "while :; do date; sleep 0.1; done"], background: true }
  - name: round-trips
    sample: { ping: alice -> rendezvous, every: 50ms }
  - { name: before, nat-probe: router-a }
  - { nat-set: { router: router-a, preset: symmetric } }
  - { name: behind, nat-probe: router-a }
  - name: hello
    exec: { machine: alice, run: [echo, "$HOME; id", "\${seed}"], save: greeting }
  - check: { ping: "alice -> rendezvous", seen-as: 203.0.113.1 }
  - stop: bob
  - { expect: fail, check: { ping: "bob -> rendezvous" } }
  - start: bob
  - check: { udp: "bob -> rendezvous:3478", seen-as: 203.0.113.2 }
  - end: round-trips
`;

for (const who of ['self', ...(isRoot ? (['user'] as const) : [])] as const) {
  test(`a story in time, by ${who}`, async (t) => {
    const labnet = world(t, who);
    const out = join(temporaryFolder('results'), 'story');
    const file = written(STORY);
    const target = who === 'user' ? join(labnet.stateDir, 'results') : out;
    const { code, stdout, stderr } = await labnet.run(
      'run',
      who === 'user' ? copied(labnet, file) : file,
      '--out',
      target,
      '--seed',
      '7',
    );
    t.is(code, 0, stdout + stderr);
    const manifest = manifestOf(target);
    t.is(manifest.status, 'passed');
    t.is(manifest.seed, 7);
    // The mapping that is seen is another one.
    const detail = (id: string): string => manifest.steps.find((step) => step.id === id)?.detail ?? '';
    t.regex(detail('before'), /udp mapping endpoint-independent/);
    t.regex(detail('behind'), /udp mapping address-and-port-dependent/);
    // No shell has seen the arguments.
    t.is(readFileSync(join(target, 'commands/greeting.stdout'), 'utf8'), '$HOME; id 7\n');
    t.is(readFileSync(join(target, 'commands/greeting.exit'), 'utf8'), '0\n');
    t.true(readFileSync(join(target, 'commands/clock.stdout'), 'utf8').split('\n').length > 3);
    const series = readFileSync(join(target, 'series/round-trips.csv'), 'utf8').trimEnd().split('\n');
    t.is(series[0], 'time_ms,sequence,rtt_ms');
    t.true(series.length > 5);
    t.true(
      series.slice(1).every((line) => /^\d+\.\d{3},\d+,\d+(\.\d+)?$/.test(line)),
      series.join('\n'),
    );
    t.is(readFileSync(join(target, 'captures/wire.pcapng')).readUInt32BE(0), 0x0a0d0d0a);
    for (const { path, sha256 } of manifest.files)
      t.is(
        createHash('sha256')
          .update(readFileSync(join(target, path)))
          .digest('hex'),
        sha256,
        path,
      );
    t.true(manifest.files.some(({ path }) => path === 'verdicts.json'));
    // Each step began when it was to, or says by how much it was late.
    const starts = eventsOf(target).filter(({ event }) => event === 'start');
    t.is(starts.length, manifest.schedule.length);
    for (const { planned, actual, late } of starts)
      t.true(
        Number(actual) >= Number(planned) - 1 &&
          (late !== undefined || Number(actual) - Number(planned) <= 20),
      );
    t.deepEqual(await noLabs(labnet), []);
  });
}

/** Where an ordinary user may read it. */
function copied(labnet: World, file: string): string {
  const own = join(labnet.stateDir, 'test.scenario.yaml');
  writeFileSync(own, readFileSync(file, 'utf8'), { mode: 0o644 });
  return own;
}

test('links that are cut, kept apart, and lose more and more', async (t) => {
  const labnet = world(t);
  const out = join(temporaryFolder('results'), 'links');
  const file = written(`
timeline:
  - link-down: alice:home-a
  - { expect: fail, check: { ping: alice -> rendezvous } }
  - link-up: alice:home-a
  - check: { ping: alice -> rendezvous }
  - partition: [[alice, router-a], [rendezvous]]
  - { expect: fail, check: { ping: alice -> rendezvous } }
  - heal: all
  - check: { ping: alice -> rendezvous }
  - name: worse
    ramp: { from: 0%, to: 100%, over: 100ms, steps: 3 }
    link-set: { at: alice:home-a, loss: "\${ramp}" }
  - { expect: fail, check: { ping: alice -> rendezvous } }
  - link-reset: all
  - check: { ping: alice -> rendezvous }
`);
  const { code, stdout } = await labnet.run('run', file, '--out', out);
  t.is(code, 0, stdout);
  t.regex(stdout, /link-set alice:home-a: loss=50%/);
  const bad = await labnet.run('run', written('timeline: [{ link-set: { at: alice:home-a, loss: lots } }]'));
  t.is(bad.code, 2);
  t.regex(bad.stderr, /error\[bad-amount\][^]*:2:\d+/);
});

for (const who of ['self', ...(isRoot ? (['user'] as const) : [])] as const) {
  test(`the example: a sweep of two by two, twice each, side by side, by ${who}`, async (t) => {
    const labnet = world(t, who);
    const out = join(labnet.stateDir, 'sweep');
    const args = ['run', pathTo('topologies/scenarios/nat-sweep.scenario.yaml'), '--out', out, '--jobs', '2'];
    const { code, stdout } = await labnet.run(...args, '--json');
    t.is(code, 0, stdout);
    const { schema, ...body } = JSON.parse(stdout) as Record<string, unknown>;
    t.is(schema, schemaName('run'));
    const report = OUTPUTS.run.strict().parse(body);
    t.is(report.runs.length, 8);
    // RFC 5128 section 3.3 and what follows from it: a symmetric NAT meets none that filters by port.
    const meets = report.summary.map(({ values, outcomes }) => [
      values['natA'],
      values['natB'],
      outcomes.find(({ step }) => step === 'meet')?.counts,
    ]);
    t.deepEqual(meets, [
      ['home-router', 'restricted-cone', { direct: 2 }],
      ['home-router', 'symmetric', { relay: 2 }],
      ['symmetric', 'restricted-cone', { direct: 2 }],
      ['symmetric', 'symmetric', { relay: 2 }],
    ]);
    for (const { measures } of report.summary)
      t.true((measures.find(({ name }) => name === 'round-trips rtt')?.n ?? 0) > 3);
    const csv = readFileSync(join(out, 'summary.csv'), 'utf8');
    t.is(csv.split('\r\n').filter((line) => line.includes(',outcome,meet,')).length, 4);
    t.is(manifestOf(join(out, 'runs/0003')).seed, 1);
    t.deepEqual(
      manifestOf(join(out, 'runs/0001')).schedule,
      manifestOf(join(out, 'runs/0003')).schedule.map((step, index) => ({ ...step, ...pick(out, index) })),
    );
    t.deepEqual(await noLabs(labnet), []);
  });
}

/** Of the first run: the values of the sweep differ, and nothing else. */
function pick(out: string, index: number): object {
  const { action, text } = manifestOf(join(out, 'runs/0001')).schedule[index] as unknown as {
    action: object;
    text: string;
  };
  return { action, text };
}
