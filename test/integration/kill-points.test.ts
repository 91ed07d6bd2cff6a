/**
 * kill -9 and power failures between any two steps of 'up', of a change in place and of 'down': the next command finds its
 * way. A sample of the points, evenly chosen; `npm run kills` tries each.
 */
import type { ExecutionContext } from 'ava';
import test from 'ava';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isRoot } from '../helpers/cli.js';
import type { Who } from '../helpers/cli.js';
import { temporaryFolder } from '../helpers/folder.js';
import { guardMachine } from '../helpers/machine.js';
import type { Place } from '../kills/places.js';
import { openPlace } from '../kills/places.js';
import { killAndJudge, pointsOf } from '../kills/judge.js';
import type { SceneName } from '../kills/scenes.js';
import { modesOf, nextOf, sceneNames, SCENES } from '../kills/scenes.js';
import { spread } from '../kills/table.js';
import type { Traced } from '../kills/tracer.js';
import { buildTracer, trace } from '../kills/tracer.js';

guardMachine(test);

const WHO: readonly Who[] = isRoot ? ['self', 'user'] : ['user'];
/** Of each command; an ordinary user's are judged by commands, which takes three times as long. */
const SAMPLES: Readonly<Record<Who, Readonly<Record<SceneName, number>>>> = {
  self: { up: 3, change: 3, back: 1, down: 2, 'nat-set': 1, 'link-set': 1 },
  user: { up: 2, change: 1, back: 0, down: 1, 'nat-set': 0, 'link-set': 0 },
};

async function sample(
  t: ExecutionContext,
  place: Place,
  who: Who,
  scene: SceneName,
  turn: number,
): Promise<void> {
  const { end, points } = await pointsOf(place.ground, scene);
  if (end === 'not-allowed') {
    t.log('processes may not be traced here');
    return;
  }
  t.is(end, 'done');
  const modes = modesOf(who === 'user');
  for (const [index, at] of spread(points.length, SAMPLES[who][scene]).entries()) {
    const mode = modes[(turn + index) % modes.length] ?? 'all';
    const { point, faults } = await killAndJudge(place.ground, { scene, mode, at });
    t.deepEqual(faults, [], `${scene}, ${mode}: ${point}`);
  }
}

test.before('the tracer', () => buildTracer());

test.serial('what goes on after the program that started it is killed late as well', async (t) => {
  const folder = temporaryFolder('late');
  const file = join(folder, 'late');
  const argv = ['sh', '-c', `(sleep 1; : >'${file}') & sleep 0.3`];
  const traced = (at: number, meanwhile?: () => Promise<void>): Promise<Traced> =>
    trace(argv, {
      ...{ folder, stateDir: folder, env: process.env, mode: 'late', at },
      ...(meanwhile && { meanwhile }),
    });
  const { end, points } = await traced(0);
  if (end === 'not-allowed') {
    t.pass();
    return;
  }
  const at = 1 + points.findIndex((point) => point.includes(file));
  t.true(at > 0, points.join('\n'));
  rmSync(file);
  let seen: boolean | undefined;
  t.is((await traced(at, () => Promise.resolve(void (seen = existsSync(file))))).end, 'killed');
  t.is(seen, false, 'it stands still until the next command is done');
});

for (const who of WHO)
  test.serial(
    `kills at points of up, change and down, as ${who === 'self' ? 'root' : 'an ordinary user'}`,
    async (t) => {
      // Beside all the other tests: more than they may be silent for (ava.config.js).
      t.timeout(600_000);
      const place = await openPlace('netns', who);
      t.teardown(() => place.end());
      for (const [turn, scene] of sceneNames.entries())
        if (SAMPLES[who][scene] > 0) await sample(t, place, who, scene, 2 * turn);
      t.deepEqual(place.ground.changed(), []);
    },
  );

test.serial(
  "rules that a killed 'nat set' was about to load are not loaded behind the next up's",
  async (t) => {
    t.timeout(600_000);
    const place = await openPlace('netns', 'user');
    t.teardown(() => place.end());
    const { end, points } = await pointsOf(place.ground, 'nat-set');
    if (end === 'not-allowed') {
      t.pass();
      return;
    }
    const at = points.findIndex(
      (point, index) =>
        /iptables-restor\S* sendto/.test(point) && nextOf(SCENES['nat-set'], index + 1) !== 'down',
    );
    t.true(at >= 0, points.join('\n'));
    const { faults } = await killAndJudge(place.ground, { scene: 'nat-set', mode: 'late', at: at + 1 });
    t.deepEqual(faults, []);
  },
);
