/**
 * Kills labnet at points of its commands, one after the other, and judges what comes after.
 *
 *   node dist/test/kills/run.js [--scene up] [--mode all] [--driver netns] [--who self] [--from 1] [--count N] [--step N]
 *     [--samples N [--phase P]] [--minutes M] [--log FILE]
 *
 * Options that are left out mean all there are. With --samples, of each scene and mode so many, evenly spread; another phase
 * (0 to 1; 0.5) has the points between. What was tried is written to --log, one JSON object a line; what is in it already is
 * not tried again.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { isRoot } from '../helpers/cli.js';
import type { Who } from '../helpers/cli.js';
import type { Place } from './places.js';
import { openPlace } from './places.js';
import { killAndJudge, pointsOf } from './judge.js';
import { modesOf, sceneNames } from './scenes.js';
import type { Entry } from './table.js';
import { keyOf, spread, tableOf } from './table.js';
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
    samples: { type: 'string' },
    phase: { type: 'string', default: '0.5' },
    minutes: { type: 'string', default: '600' },
    log: { type: 'string', default: 'kills.jsonl' },
  },
});

const entries = existsSync(values.log)
  ? readFileSync(values.log, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Entry)
  : [];
const done = new Set(entries.map(keyOf));
let deadline = performance.now() + Number(values.minutes) * 60_000;
const isLate = (): boolean => performance.now() > deadline;
/** A point takes a second or two: more is worth a look. */
const LONG = 5_000;

function record(entry: Entry): void {
  entries.push(entry);
  appendFileSync(values.log, `${JSON.stringify(entry)}\n`);
  if (entry.took > LONG) console.log(`${(entry.took / 1000).toFixed(1)} s: ${keyOf(entry)}: ${entry.point}`);
  if (entry.faults.length === 0) return;
  console.log(`FAULT ${keyOf(entry)}: ${entry.point}\n  ${entry.faults.join('\n  ')}`);
}

function chosen(count: number): number[] {
  if (values.samples !== undefined) return spread(count, Number(values.samples), Number(values.phase));
  const [from, step] = [Number(values.from), Number(values.step)];
  const last = Math.min(count, from + Number(values.count) - 1);
  return Array.from({ length: Math.max(0, Math.ceil((last - from + 1) / step)) }, (_, i) => from + i * step);
}

async function killAll(place: Place, driver: string, who: string): Promise<void> {
  const modes = modesOf(who === 'user' && driver === 'netns').filter(
    (mode) => place.modes.includes(mode) && (values.mode?.includes(mode) ?? true),
  );
  for (const scene of place.scenes.filter((name) => values.scene.includes(name))) {
    if (isLate()) return;
    const of = (await pointsOf(place.ground, scene)).points.length;
    console.log(`${driver} ${who} ${scene}: ${of} points, ${modes.join(', ')}`);
    const kills = chosen(of).flatMap((at) => modes.map((mode) => ({ scene, mode, at })));
    for (const kill of kills.filter((one) => !done.has(keyOf({ ...one, driver, who })))) {
      if (isLate()) return;
      const started = performance.now();
      const verdict = await killAndJudge(place.ground, kill, place.witness);
      record({ ...verdict, driver, who, of, took: Math.round(performance.now() - started) });
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
for (const line of tableOf(entries)) console.log(line);
console.log(`${tried.length} kills, ${faulty.length} with faults${isLate() ? '; the time was over' : ''}`);
process.exitCode = faulty.length > 0 ? 1 : 0;
