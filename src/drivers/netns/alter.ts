/** Changes a running lab of namespaces: compares it with a plan, machine by machine, and makes the difference. */
import type { LabPlan, MachinePlan } from '../../plan/build.js';
import type { Change } from '../../plan/diff.js';
import type { MachineStep } from '../../plan/step.js';
import { stepText } from '../../plan/step.js';
import { untilDone } from '../../core/phases.js';
import type { Alter, Alteration } from '../driver.js';
import { Engine } from './engine-client.js';
import type { Parts } from './engine/protocol.js';
import type { Holder } from './holder.js';
import { refreshHosts } from './hosts.js';
import { requirePortControl } from './port-control.js';

/** Machines the engine is handed at once. */
const CHUNK = 64;

export async function alter(holder: Holder, { plan, after: lab, emit }: Alter): Promise<Alteration> {
  const { sysctls } = plan;
  const engine = new Engine(holder);
  try {
    await untilDone('wait', engine.call('open', { holder: holder.id, sysctls }));
  } catch (error) {
    await engine.stop();
    holder[Symbol.dispose]();
    throw error;
  }
  let isOpen = true;
  let hasBegun = false;
  return {
    inspect: async () => {
      const { gone, missing } = compare(await engine.call('list', null), plan);
      const found = await inChunks(plan, (chunk) => engine.call('inspect', chunk));
      return [...removals(gone), ...missing, ...found];
    },
    apply: async () => {
      requirePortControl(lab);
      hasBegun = true;
      const { gone } = compare(await engine.call('list', null), plan);
      // What comes to their place may have their addresses.
      await engine.call('drop', { ...gone, bridges: [] });
      const made = await engine.call('extend', plan.segments);
      let done = 0;
      const found = await inChunks(plan, async (chunk) => {
        const changes = await engine.call('adjust', chunk);
        emit({ kind: 'progress', phase: 'changes', done: (done += chunk.length), total: plan.total });
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

/** What is there and not wanted, and which segments are wanted and not there. */
function compare(there: Parts, plan: LabPlan): { readonly gone: Parts; readonly missing: Change[] } {
  const machines = new Set(plan.names);
  const bridges = new Set(plan.segments.map(({ bridge }) => bridge));
  return {
    gone: {
      machines: there.machines.filter((name) => !machines.has(name)),
      bridges: there.bridges.filter((name) => !bridges.has(name)),
    },
    missing: plan.segments
      .filter(({ bridge }) => !there.bridges.includes(bridge))
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

async function inChunks(
  { machines }: LabPlan,
  work: (chunk: readonly MachinePlan[]) => Promise<readonly Change[]>,
): Promise<Change[]> {
  const changes: Change[] = [];
  let chunk: MachinePlan[] = [];
  for (const machine of machines) {
    chunk.push(machine);
    if (chunk.length < CHUNK) continue;
    changes.push(...(await untilDone('wait', work(chunk))));
    chunk = [];
  }
  if (chunk.length > 0) changes.push(...(await untilDone('wait', work(chunk))));
  return changes;
}
