/** A lab so large that a program beside the engine makes its namespaces: it is what was planned, and whatever ends it on the way leaves nothing. */
import test from 'ava';
import { once } from 'node:events';
import { chmodSync, readdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isMadeAhead } from '../../src/drivers/netns/engine/namespaces/ahead.js';
import { wanTopology } from '../bench/wan.js';
import { finished, USERS, World } from '../helpers/cli.js';
import { temporaryFolder } from '../helpers/folder.js';
import { guardMachine, holdersOf } from '../helpers/machine.js';

guardMachine(test);

const HOSTS = 200;
/** Of one `up`: when it is ended. */
const MOMENTS = [0.3, 0.5, 0.7, 0.9];

for (const { who, as } of USERS)
  test(`engine and program make what was planned, and leave nothing where they are ended, as ${as}`, async (t) => {
    t.timeout(400_000);
    t.is(isMadeAhead(HOSTS, availableParallelism()), availableParallelism() > 1);
    const world = new World(who);
    t.teardown(() => world.end());
    const folder = temporaryFolder('large');
    chmodSync(folder, 0o755);
    const file = join(folder, 'wan.yaml');
    writeFileSync(file, wanTopology(HOSTS));

    const started = performance.now();
    const up = await world.run('up', file);
    t.is(up.code, 0, up.stderr);
    const duration = performance.now() - started;
    t.deepEqual((await world.json('status', '--drift', '--json'))['changes'], []);
    t.is((await world.run('down')).code, 0);

    for (const moment of MOMENTS)
      for (const signal of ['SIGINT', 'SIGKILL'] as const) {
        const child = world.start('up', file);
        const ended = finished(child);
        const exited = once(child, 'exit');
        await sleep(moment * duration);
        child.kill(signal);
        await exited;
        const { code } = await ended;
        if (signal === 'SIGINT')
          t.true(code === 0 || code === 130 || code === null, `${moment}: ${code ?? ''}`);
        const { labs } = (await world.json('list', '--json')) as { labs: readonly unknown[] };
        if (labs.length > 0) {
          t.deepEqual((await world.json('status', '--drift', '--json'))['changes'], []);
          t.is((await world.run('down')).code, 0);
        }
        for (let tries = 0; tries < 200 && holdersOf(world.stateDir, `wan-${HOSTS}`).length > 0; tries++)
          await sleep(50);
        t.deepEqual(holdersOf(world.stateDir, `wan-${HOSTS}`), [], `${moment} ${signal}: holders`);
        await world.run('down', '--all');
        t.deepEqual(readdirSync(world.stateDir), [], `${moment} ${signal}: files`);
      }
  });
