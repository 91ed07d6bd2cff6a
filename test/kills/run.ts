/**
 * Kills labnet at every point of its commands, one after the other, and judges what comes after.
 *
 *   node dist/test/kills/run.js [--scene up] [--mode all] [--driver netns] [--who self] [--from 1] [--count N] [--minutes M]
 *
 * Options that are left out mean all there are. What was tried is written to --log, one JSON object a line; what is in it
 * already is not tried again.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { isRoot } from '../helpers/cli.js';
import type { Who } from '../helpers/cli.js';
import type { Place } from './places.js';
import { openPlace } from './places.js';
import type { Kill, Verdict } from './judge.js';
import { killAndJudge, pointsOf } from './judge.js';
import { modesOf, sceneNames } from './scenes.js';
import { buildTracer } from './tracer.js';

const { values } = parseArgs({
  options: {
    scene: { type: 'string', multiple: true, default: sceneNames },
    mode: { type: 'string', multiple: true },
    driver: { type: 'string', multiple: true, default: ['netns', 'ssh'] },
    who: { type: 'string', multiple: true, default: isRoot ? ['self', 'user'] : ['user'] },
    from: { type: 'string', default: '1' },
    count: { type: 'string', default: '100000' },
    step: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '600' },
    log: { type: 'string', default: 'kills.jsonl' },
  },
});

type Entry = Verdict & { readonly driver: string; readonly who: string };
const keyOf = ({ driver, who, scene, mode, at }: Kill & { driver: string; who: string }): string =>
  [driver, who, scene, mode, at].join(' ');

const entries = existsSync(values.log)
  ? readFileSync(values.log, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Entry)
  : [];
const done = new Set(entries.map(keyOf));
let deadline = performance.now() + Number(values.minutes) * 60_000;
const isLate = (): boolean => performance.now() > deadline;

function record(entry: Entry): void {
  entries.push(entry);
  appendFileSync(values.log, `${JSON.stringify(entry)}\n`);
  if (entry.faults.length === 0) return;
  console.log(`FAULT ${keyOf(entry)}: ${entry.point}\n  ${entry.faults.join('\n  ')}`);
}

async function killAll(place: Place, driver: string, who: string): Promise<void> {
  for (const scene of place.scenes.filter((name) => values.scene.includes(name))) {
    if (isLate()) return;
    const { points } = await pointsOf(place.ground, scene);
    const last = Math.min(points.length, Number(values.from) + Number(values.count) - 1);
    const modes = modesOf(who === 'user' && driver === 'netns').filter(
      (mode) => values.mode?.includes(mode) ?? true,
    );
    for (const mode of modes.filter((one) => place.modes.includes(one))) {
      console.log(`${driver} ${who} ${scene} ${mode}: ${points.length} points`);
      for (let at = Number(values.from); at <= last && !isLate(); at += Number(values.step)) {
        const kill = { scene, mode, at };
        if (done.has(keyOf({ ...kill, driver, who }))) continue;
        record({ ...(await killAndJudge(place.ground, kill, place.witness)), driver, who });
      }
    }
  }
}

// What is being tried is brought to its end.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => (deadline = 0));
buildTracer();
for (const driver of values.driver)
  for (const who of driver === 'ssh' ? ['self'] : values.who) {
    if (isLate()) break;
    const place = await openPlace(driver, who as Who);
    try {
      await killAll(place, driver, who);
    } finally {
      await place.end();
    }
  }
const tried = entries.filter(({ end }) => end !== 'past');
const faulty = entries.filter(({ faults }) => faults.length > 0);
const tally = new Map<string, number>();
for (const { driver, who, scene } of tried)
  tally.set(`${driver} ${who} ${scene}`, (tally.get(`${driver} ${who} ${scene}`) ?? 0) + 1);
for (const [name, count] of tally) console.log(`${name}: ${count}`);
console.log(
  `${tried.length} points tried, ${faulty.length} with faults${isLate() ? '; the time was over' : ''}`,
);
process.exitCode = faulty.length > 0 ? 1 : 0;
