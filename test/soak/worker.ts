/** Runs cycles inside of a sandbox: `worker.js WAY CYCLES`. A line of JSON with what there is before, and after each. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Way } from './cycle.js';
import { cycleBy } from './cycle.js';
import type { Resources } from './resources.js';
import { countResources } from './resources.js';

const [way = 'library', cycles = '5'] = process.argv.slice(2);

const folder = mkdtempSync(join(tmpdir(), 'labnet-soak-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
/** All that labnet could write: its state, and whatever goes to a home or a temporary folder. */
const own = join(folder, 'own');
for (const name of ['state', 'home', 'run', 'tmp'])
  mkdirSync(join(own, name), { recursive: true, mode: 0o700 });
Object.assign(process.env, {
  LABNET_STATE_DIR: join(own, 'state'),
  HOME: join(own, 'home'),
  XDG_RUNTIME_DIR: join(own, 'run'),
  TMPDIR: join(own, 'tmp'),
});
Reflect.deleteProperty(process.env, 'LABNET_LAB');

const tell = (resources: Resources): void => void process.stdout.write(`${JSON.stringify(resources)}\n`);

/** What was just killed is still to be collected, by whoever is the first process of the sandbox. */
async function settled(most: number): Promise<Resources> {
  for (let tries = 0; tries < 100 && countResources(own).processes > most; tries++) await sleep(20);
  return countResources(own);
}

const before = countResources(own);
tell(before);
const cycle = cycleBy(way as Way, folder);
for (let done = 0; done < Number(cycles); done++) {
  await cycle();
  tell(await settled(before.processes));
}
