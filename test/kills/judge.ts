/** One kill, and whether the next command finds its way from there. */
import type { Ground } from './ground.js';
import type { Next, Scene, SceneName } from './scenes.js';
import { LAB, nextOf, SCENES } from './scenes.js';
import type { Mode, Traced } from './tracer.js';
import { trace } from './tracer.js';

/** Every so many points the lab is verified, where its plan alone is looked at otherwise. */
const VERIFIED = 10;

export type Kill = { readonly scene: SceneName; readonly mode: Mode; readonly at: number };
export type Verdict = Kill & {
  readonly end: Traced['end'];
  readonly point: string;
  /** What was wrong afterwards; empty where nothing was. */
  readonly faults: readonly string[];
};

/** What else may have to be as it was. */
export type Witness = { readonly changed: () => Promise<readonly string[]> };

const argvOf = (ground: Ground, { after, command }: Scene): readonly string[] =>
  command ?? (after === undefined ? ['down', LAB] : ground.upArgs(after));

/** A run without a kill: its points. */
export async function pointsOf(ground: Ground, scene: SceneName): Promise<Traced> {
  await prepare(ground, SCENES[scene]);
  return traced(ground, { scene, mode: 'all', at: 0 });
}

async function prepare(ground: Ground, { before }: Scene): Promise<void> {
  const outcome = before === undefined ? await ground.down() : await ground.up(before);
  if (outcome !== undefined) throw new Error(`not prepared: ${outcome}`);
}

const traced = (
  ground: Ground,
  { scene, mode, at }: Kill,
  meanwhile?: () => Promise<void>,
): Promise<Traced> =>
  trace(ground.world.argv(...argvOf(ground, SCENES[scene])), {
    folder: ground.folder,
    stateDir: ground.world.stateDir,
    env: ground.env,
    mode,
    at,
    ...(meanwhile && { meanwhile }),
  });

export async function killAndJudge(ground: Ground, kill: Kill, witness?: Witness): Promise<Verdict> {
  const scene: Scene = SCENES[kill.scene];
  const next = nextOf(scene, kill.at);
  const faults: string[] = [];
  let found: Traced = { end: 'broken', points: [], said: '' };
  try {
    await prepare(ground, scene);
    const early: string[] = [];
    const meanwhile = kill.mode === 'late' ? () => come(ground, next, early) : undefined;
    found = await traced(ground, kill, meanwhile);
    if (found.end === 'straggler' || found.end === 'broken') faults.push(found.end, found.said);
    if (found.end === 'killed') {
      // A child that stands still before it has become its program still has the lock: nobody gets in its way until it has.
      const isLocked = early.some((fault) => fault.includes('lab-locked'));
      if (kill.mode !== 'late' || isLocked) await come(ground, next, faults);
      else faults.push(...early);
      await judge(ground, kill.at, next, faults, witness);
    }
  } catch (error) {
    faults.push(String(error));
  }
  if (faults.length > 0) await ground.down();
  return { ...kill, end: found.end, point: found.points.at(-1) ?? '', faults };
}

/** The next command, whoever of the last one is still there. */
async function come(ground: Ground, next: Next, faults: string[]): Promise<void> {
  const outcome = next === 'down' ? await ground.down() : await ground.up(next);
  if (outcome !== undefined) faults.push(`${next}: ${outcome}`);
}

async function judge(
  ground: Ground,
  at: number,
  next: Next,
  faults: string[],
  witness: Witness | undefined,
): Promise<void> {
  if (next !== 'down') {
    faults.push(...(await ground.unplanned(next)));
    if (at % VERIFIED === 0) faults.push(...[await ground.verify()].flatMap((one) => one ?? []));
    if (at % 4 !== 3) return;
    await come(ground, 'down', faults);
  }
  const left = await ground.leftovers();
  if (left.length > 0) faults.push(`left: ${left.join(', ')}`);
  if (at % VERIFIED === 0) faults.push(...ground.changed());
  faults.push(...((await witness?.changed()) ?? []));
}
