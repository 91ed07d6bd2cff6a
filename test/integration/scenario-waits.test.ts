/** Steps that wait until it is so: how long it took is measured, and what does not come true in time fails the run. */
import test from 'ava';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../helpers/folder.js';
import { guardMachine } from '../helpers/machine.js';
import { eventsOf, manifestOf, noLabs, world, written } from '../helpers/scenario-runs.js';

guardMachine(test);

test('checks and programs wait for a link, and say how long', async (t) => {
  const labnet = world(t);
  const out = join(temporaryFolder('results'), 'waits');
  const file = written(`
timeline:
  - { name: cut, link-down: alice }
  - { name: gone, within: 20s, expect: fail, check: { ping: alice -> rendezvous } }
  - { name: mend, after: gone, delay: 2s, link-up: alice }
  - { name: back, after: gone, within: 60s, check: { ping: alice -> rendezvous } }
  - name: program
    after: gone
    within: 60s
    exec: { machine: alice, run: [ping, -c1, -W1, rendezvous], measure: { rtt: '= [\\d.]+/([\\d.]+)/' } }
`);
  const { code, stdout, stderr } = await labnet.run('run', file, '--out', out);
  t.is(code, 0, stdout + stderr);
  const { steps, schedule } = manifestOf(out);
  const step = (name: string) => {
    const found = steps.find(({ id }) => id === name);
    if (!found) throw new Error(name);
    return found;
  };
  t.is(schedule.find(({ id }) => id === 'back')?.within, 60_000);
  const mended = step('mend');
  for (const name of ['back', 'program']) {
    const { tries = 0, started = 0, ended = 0, detail } = step(name);
    t.true(tries >= 2, `${name}: ${tries}`);
    t.true(started < (mended.started ?? 0) && ended > (mended.started ?? 0), JSON.stringify(step(name)));
    t.regex(detail, new RegExp(`, ${tries} tries in `));
    const misses = eventsOf(out).filter((event) => event['event'] === 'miss' && event['step'] === name);
    t.is(misses.length, tries - 1);
    const [, wait = 'NaN'] =
      new RegExp(`^measure,${name} wait,ms,1,([\\d.]+),`, 'm').exec(
        readFileSync(join(out, 'summary.csv'), 'utf8'),
      ) ?? [];
    t.true(Math.abs(Number(wait) - (ended - started)) < 50, `${wait} of ${ended - started}`);
  }
  // The files are the last try's.
  t.regex(readFileSync(join(out, 'commands/program.stdout'), 'utf8'), / 0% packet loss/);
  t.is(readFileSync(join(out, 'commands/program.exit'), 'utf8'), '0\n');
  t.regex(readFileSync(join(out, 'report.html'), 'utf8'), /back wait/);
});

test('what does not come true in time fails the run', async (t) => {
  const labnet = world(t);
  const out = join(temporaryFolder('results'), 'never');
  const file = written(`
timeline:
  - { link-down: alice }
  - { name: never, within: 1500ms, check: { ping: alice -> rendezvous } }
`);
  const { code, stdout } = await labnet.run('run', file, '--out', out);
  t.is(code, 1, stdout);
  const { status, steps } = manifestOf(out);
  t.is(status, 'failed');
  const never = steps.find(({ id }) => id === 'never');
  t.is(never?.status, 'fail');
  t.true((never?.ended ?? 0) - (never?.started ?? 0) > 1_000, JSON.stringify(never));
  t.deepEqual(await noLabs(labnet), []);
});
