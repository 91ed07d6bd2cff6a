/** A change of a running lab that is called off at any moment: it is done, or taken back (kills: kill-points.test.ts). */
import test from 'ava';
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
