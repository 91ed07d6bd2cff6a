/** Every example is brought up, proven and taken down, as root and as an ordinary user. */
import test from 'ava';
import { USERS, World } from '../helpers/cli.js';
import { guardMachine, holdersOf } from '../helpers/machine.js';
import { linkTroubles } from '../../src/drivers/netns/links.js';
import { example, EXAMPLES, examplePath } from '../helpers/topologies.js';
import { readdirSync } from 'node:fs';
import type { Report } from '../../src/index.js';

guardMachine(test);

/** Whose links this kernel cannot make: they are only read and rendered here. */
const needsMore = (name: string): boolean => linkTroubles(example(name)).length > 0;

for (const { who, as } of USERS) {
  for (const name of EXAMPLES) {
    (needsMore(name) ? test.skip : test)(`${name}, as ${as}`, async (t) => {
      const world = new World(who);
      t.teardown(() => world.end());
      const up = await world.run('up', examplePath(name));
      t.is(up.code, 0, up.stderr);
      const report = (await world.json('verify', '--json')) as unknown as Report;
      t.deepEqual(
        report.verdicts.filter(({ status }) => status !== 'pass'),
        [],
      );
      t.true(report.passed >= 10);
      t.is((await world.run('down', name)).code, 0);
      t.deepEqual(holdersOf(world.stateDir, name), []);
      t.deepEqual(readdirSync(world.stateDir), []);
    });
  }
}
