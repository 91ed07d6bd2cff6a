/** A change of a running lab that is stopped at any moment: it is finished, or taken back. */
import test from 'ava';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Topology } from '../helpers/changing.js';
import { Changing, nested } from '../helpers/changing.js';
import { finished } from '../helpers/cli.js';
import { guardMachine } from '../helpers/machine.js';

guardMachine(test);

/** Beside all the other tests: more than they may be silent for (ava.config.js). */
const LONG = 400_000;

/** Many hosts more, so that there is time to be killed in. */
const crowd = (topology: Topology): void => {
  nested(topology, 'hosts')['peer'] = { home: 'auto', count: 40 };
  nested(topology, 'routers', 'edge')['nat'] = [{ forward: 'tcp/80', via: 'internet', to: 'carol' }];
  nested(topology, 'hosts')['bob'] = { home: '192.168.1.99' };
};

/** Moments of a change, from before anything is done until it is. */
async function momentsOf(lab: Changing): Promise<number[]> {
  lab.write();
  await lab.up();
  lab.write(crowd);
  const started = performance.now();
  await lab.up();
  const duration = performance.now() - started;
  return Array.from({ length: MOMENTS }, (_, index) => Math.round(((index + 1) * duration) / MOMENTS));
}

const MOMENTS = Number(process.env['LABNET_TEST_KILLS'] ?? 8);

test(`kill -9 of a change at ${MOMENTS} moments: the next up completes it, and down takes all of it`, async (t) => {
  t.timeout(LONG);
  const lab = new Changing(t);
  for (const [index, moment] of (await momentsOf(lab)).entries()) {
    lab.write(index % 2 === 0 ? undefined : crowd);
    const up = lab.world.start('up', lab.file);
    const ended = once(up, 'exit');
    await sleep(moment);
    up.kill('SIGKILL');
    await ended;
    const next = await lab.world.run('up', lab.file);
    t.is(next.code, 0, `${moment} ms: ${next.stderr}`);
    t.deepEqual(await lab.plan(), [], `${moment} ms`);
    t.is((await lab.world.run('exec', 'alice', '--', 'ping', '-c1', '-W2', '203.0.113.10')).code, 0);
  }
  const verified = await lab.world.run('verify');
  t.is(verified.code, 0, verified.stdout);
});

test(`Ctrl-C of a change at ${MOMENTS} moments: it is what it was, or what it was to be`, async (t) => {
  t.timeout(LONG);
  const lab = new Changing(t);
  for (const [index, moment] of (await momentsOf(lab)).entries()) {
    lab.write(index % 2 === 0 ? undefined : crowd);
    const up = lab.world.start('up', lab.file);
    const result = finished(up);
    await sleep(moment);
    up.kill('SIGINT');
    const { code, stderr } = await result;
    t.true(code === 0 || code === 130 || code === null, `${moment} ms: ${code ?? ''} ${stderr}`);
    const drift = await lab.world.run('status', '--drift');
    // Killed before it listened for the signal, or done: either is whole.
    t.is(drift.code, 0, `${moment} ms: ${stderr} ${drift.stdout}`);
    await lab.up();
  }
});
