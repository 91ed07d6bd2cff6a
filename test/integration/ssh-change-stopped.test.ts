/** A change of machines over SSH that is called off, or whose labnet is killed, at any moment: the next one completes it. */
import type { ExecutionContext } from 'ava';
import test from 'ava';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Topology } from '../helpers/changing.js';
import { nested } from '../helpers/changing.js';
import { finished } from '../helpers/cli.js';
import { guardMachine } from '../helpers/machine.js';
import { noSsh } from '../helpers/ssh.js';
import { SshChanging } from '../helpers/ssh-changing.js';
import { unless } from '../helpers/unless.js';

guardMachine(test);
process.env['LABNET_SSH_WAIT'] = '10';

const run = unless(noSsh);
/** Beside all the other tests: more than they may be silent for (ava.config.js). */
const LONG = 900_000;
const MOMENTS = Number(process.env['LABNET_TEST_KILLS'] ?? 6);

/** A host and a segment more, a host less, another NAT. */
function other(topology: Topology): void {
  nested(topology, 'segments')['lab'] = '10.2.0.0/24';
  nested(topology, 'routers', 'edge', 'interfaces')['lab'] = '10.2.0.1';
  nested(topology, 'hosts')['erin'] = { lab: 'auto' };
  delete nested(topology, 'hosts')['bob'];
  nested(topology, 'routers', 'gate')['nat'] = [{ masquerade: 'home', via: 'internet', preset: 'symmetric' }];
}

type Stop = {
  readonly signal: 'SIGINT' | 'SIGKILL';
  /** What a change that was stopped may end with; null where the signal ended it. */
  readonly codes: readonly (number | null)[];
};

/** How long a change takes here, in ms, there and back. */
async function durationOf(lab: SshChanging): Promise<number> {
  lab.write(other);
  const started = performance.now();
  await lab.up();
  const duration = performance.now() - started;
  lab.write();
  await lab.up();
  return duration;
}

/** @returns whether the change was stopped before it was done */
async function stopped(lab: SshChanging, moment: number, { signal, codes }: Stop, t: ExecutionContext) {
  const { ssh, file } = lab;
  const up = ssh.world.start('up', file, '--driver', 'ssh', '--ssh-config', ssh.config);
  const result = finished(up);
  await sleep(moment);
  up.kill(signal);
  const { code, stderr } = await result;
  t.true(codes.includes(code), `${signal} after ${moment} ms: ${code ?? ''} ${stderr}`);
  if (code === 130) t.regex(stderr, /stopped; /);
  return code !== 0;
}

async function survives(t: ExecutionContext, stop: Stop): Promise<void> {
  t.timeout(LONG);
  const lab = await SshChanging.make();
  t.teardown(() => lab.ssh.end());
  const { world, guests } = lab.ssh;
  await lab.up();
  const duration = await durationOf(lab);
  let halfway = 0;
  for (let index = 0; index < MOMENTS; index++) {
    const moment = Math.round(((index + 1) * duration) / (MOMENTS + 1));
    const isLast = index === MOMENTS - 1;
    lab.write(index % 2 === 0 ? other : undefined);
    if (await stopped(lab, moment, stop, t)) halfway++;
    // The one that was meant, the one before, or none: whichever comes next finds its way.
    if (index % 3 === 1) lab.write(index % 2 === 0 ? undefined : other);
    if (isLast || index % 3 === 2) {
      const down = await world.run('down');
      t.is(down.code, 0, `${moment} ms: ${down.stderr}`);
      for (const name of guests.names) t.deepEqual(await lab.left(name), [], `${moment} ms: ${name}`);
      if (isLast) break;
    }
    await lab.up();
    t.deepEqual(await lab.plan(), [], `${moment} ms`);
    const drift = await world.run('status', '--drift');
    t.is(drift.code, 0, `${moment} ms: ${drift.stdout}`);
    if (index === 0) {
      const verified = await world.run('verify');
      t.is(verified.code, 0, `${moment} ms: ${verified.stdout}`);
    }
  }
  t.true(halfway > 0, 'none was stopped halfway');
}

run(`Ctrl-C of a change over SSH at ${MOMENTS} moments`, async (t) => {
  await survives(t, { signal: 'SIGINT', codes: [0, 130, null] });
});

run(`kill -9 of a change over SSH at ${MOMENTS} moments`, async (t) => {
  await survives(t, { signal: 'SIGKILL', codes: [0, null] });
});
