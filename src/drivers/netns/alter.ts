/** Changes a running lab of namespaces: compares it with a plan, machine by machine, and makes the difference. */
import type { LabPlan } from '../../plan/build.js';
import { unchangedIn } from '../../plan/compared.js';
import type { Change } from '../../plan/diff.js';
import type { MachineStep } from '../../plan/step.js';
import { stepText } from '../../plan/step.js';
import { untilDone } from '../../core/phases.js';
import type { Alter, Alteration, Purpose } from '../driver.js';
import type { ProcessId } from '../../sys/process.js';
import { Engine } from './engine-client.js';
import type { Parts } from './engine/protocol.js';
import type { Holder } from './holder.js';
import { refreshHosts } from './hosts.js';
import { requirePortControl } from './port-control.js';
import { CHANGE_MARK } from './paths.js';
import { changeOf, endStragglers } from './settled.js';

/** Machines the engine is handed at once; the next are planned while it works on them. */
const CHUNK = 64;

/** @param started an engine for this holder and purpose that has been started already */
export async function alter(holder: Holder, request: Alter, started?: Engine): Promise<Alteration> {
  const { plan, after: lab, emit, purpose } = request;
  const engine = await enterLab(holder, started ?? engineFor(holder.id, purpose, holder), purpose);
  let isOpen = true;
  let hasBegun = false;
  return {
    inspect: async () => {
      const { gone, missing } = compare(await engine.call('list', null), plan);
      const names = await toLookAt(engine, request);
      const found = await inChunks(plan.some(names), (chunk) => engine.call('inspect', chunk));
      return [...removals(gone), ...missing, ...found];
    },
    apply: async () => {
      requirePortControl(lab);
      hasBegun = true;
      await endStragglers(holder.id, engine.pid);
      const names = await toLookAt(engine, request);
      const { gone } = compare(await engine.call('list', null), plan);
      // What comes to their place may have their addresses.
      await engine.call('drop', { ...gone, bridges: [] });
      const made = await engine.call('extend', plan.segments);
      let done = 0;
      const found = await inChunks(plan.some(names), async (chunk) => {
        const changes = await engine.call('adjust', chunk);
        emit({ kind: 'progress', phase: 'changes', done: (done += chunk.length), total: names.size });
        return changes;
      });
      await engine.call('drop', { ...gone, machines: [] });
      refreshHosts(lab, holder.path);
      return [...removals(gone), ...made, ...found];
    },
    hasBegun: () => hasBegun,
    close: async () => {
      await engine.stop();
      if (isOpen) holder[Symbol.dispose]();
      isOpen = false;
    },
  };
}

/** What an engine is to mark with whatever it starts. */
export const markFor = (holder: ProcessId, purpose: Purpose): string | undefined =>
  purpose === 'change' ? changeOf(holder) : undefined;

/** @param inside left out for an engine that is a thread, and enters nothing before it is told to */
export function engineFor(holder: ProcessId, purpose: Purpose, inside?: Holder): Engine {
  const mark = markFor(holder, purpose);
  return new Engine({ inside, ...(mark !== undefined && { env: { [CHANGE_MARK]: mark } }) });
}

export async function enterLab(holder: Holder, engine: Engine, purpose: Purpose): Promise<Engine> {
  try {
    await untilDone('wait', engine.call('open', { holder: holder.id, mark: markFor(holder.id, purpose) }));
  } catch (error) {
    await engine.stop();
    holder[Symbol.dispose]();
    throw error;
  }
  return engine;
}

/** The machines that are to be another than before, and those that are not surely what they were. */
async function toLookAt(
  engine: Engine,
  { before, after, plan, isWhole, only }: Alter,
): Promise<ReadonlySet<string>> {
  if (only) return only;
  const same = isWhole ? unchangedIn(before, after) : new Set<string>();
  const doubtful = await inChunks(plan.outlines(same), (chunk) => engine.call('glance', chunk));
  return new Set([...plan.names.filter((name) => !same.has(name)), ...doubtful]);
}

/** What is there and not wanted, and which segments are wanted and not there. */
function compare(there: Parts, plan: LabPlan): { readonly gone: Parts; readonly missing: Change[] } {
  const machines = new Set(plan.names);
  const bridges = new Set(plan.segments.map(({ bridge }) => bridge));
  const known = new Set(there.bridges);
  return {
    gone: {
      machines: there.machines.filter((name) => !machines.has(name)),
      bridges: there.bridges.filter((name) => !bridges.has(name)),
    },
    missing: plan.segments
      .filter(({ bridge }) => !known.has(bridge))
      .map((step) => ({ change: 'added', step, text: stepText(step) })),
  };
}

const removals = ({ machines, bridges }: Parts): Change[] => [
  ...machines.map((name): Change => ({
    change: 'removed',
    step: machineNamed(name),
    text: stepText(machineNamed(name)),
  })),
  ...bridges.map((bridge): Change => ({
    change: 'removed',
    step: { do: 'segment', segment: bridge, bridge },
    text: `segment of bridge ${bridge}`,
  })),
];

const machineNamed = (machine: string): MachineStep => ({
  do: 'machine',
  machine,
  forwards: false,
  sysctls: {},
});

async function inChunks<Plan, Found>(
  plans: Iterable<Plan>,
  work: (chunk: readonly Plan[]) => Promise<readonly Found[]>,
): Promise<Found[]> {
  const found: Found[] = [];
  let chunk: Plan[] = [];
  let working: Promise<readonly Found[]> = Promise.resolve([]);
  const hand = async (): Promise<void> => {
    const next = chunk;
    chunk = [];
    found.push(...(await untilDone('wait', working)));
    working = work(next);
    // It is waited for before the next is handed over; until then it is no unhandled rejection.
    working.catch(() => undefined);
  };
  for (const plan of plans) {
    chunk.push(plan);
    if (chunk.length >= CHUNK) await hand();
  }
  if (chunk.length > 0) await hand();
  return [...found, ...(await untilDone('wait', working))];
}
