/**
 * Carries out a test run by agents, one in each machine with a part in it (provisioners/guest/agent.pl). All agents are
 * ready before the first packet, and all captures end after the last one. How agents are reached is decided elsewhere.
 */
import type { Milliseconds } from '../core/command.js';
import type {
  Captured,
  ListenerState,
  Probe,
  ProbeResult,
  Reply,
  TestOutcome,
  TestRun,
} from '../core/probe.js';
import type { AgentLimits, Finding, OpenAgent } from './agent-line.js';
import { AGENT_LIMITS, AgentLine } from './agent-line.js';
import type { AgentTask } from './agent-protocol.js';
import { requestOf, tasksOf } from './agent-protocol.js';

export type AgentFailure = { readonly machine: string; readonly reason: string };

export type AgentsOutcome = TestOutcome & {
  /** The machines whose part of the run is missing, or missing in part. */
  readonly failures: readonly AgentFailure[];
};

/** If an agent fails, the results of the others are kept: see `resultOf`, `listenerOf` and `capturedBy`. */
export async function runAgents(
  run: TestRun,
  open: OpenAgent,
  agentText: string,
  limits: AgentLimits = AGENT_LIMITS,
): Promise<AgentsOutcome> {
  const agents = tasksOf(run).map((task) => new TestAgent(task));
  const each = (phase: (agent: TestAgent) => Promise<void>): Promise<unknown> =>
    Promise.all(agents.map(phase));
  const probing = limits.probe + Math.max(0, ...agents.map(({ task }) => probingTime(task.probes)));
  // Each agent's own limit holds from its start, when others may still have all phases before them.
  const total = limits.connect + limits.prepare + probing + limits.stop;
  const limit = Math.ceil(total / 1000);
  try {
    await each((agent) => agent.connect(open, limits.connect));
    await each((agent) =>
      agent.ask(`${agentText}${requestOf(run, agent.task, limit)}`, 'ready', limits.prepare),
    );
    await each((agent) => agent.ask('go\n', 'done', probing));
    for (const agent of agents) agent.isServing = agent.failure === undefined;
    await each((agent) => agent.ask('stop\n', 'bye', limits.stop));
  } finally {
    await each((agent) => agent.close());
  }
  return outcomeOf(run, agents);
}

/** The same number as in the agent: how many probes are under way at the same time. */
const AT_ONCE = 400;
const FOR_EACH = 20;

/** The time that probes take if none is answered, and extra time for slow machines. */
export function probingTime(probes: readonly Probe[]): Milliseconds {
  const longest = probes.reduce(
    (most, { count, interval, wait }) => Math.max(most, Math.max(0, count - 1) * interval + wait),
    0,
  );
  return Math.ceil(probes.length / AT_ONCE) * longest + probes.length * FOR_EACH;
}

/** One machine's part of a run. */
class TestAgent extends AgentLine {
  readonly states = new Map<number, ListenerState>();
  readonly results = new Map<number, { sent: number; replies: Reply[] }>();
  captured: Omit<Captured, 'machine'> | undefined;
  /** Whether the agent was running until all agents had finished their probes. */
  isServing = false;

  constructor(readonly task: AgentTask) {
    super(task.machine);
  }

  protected override hear(found: Finding): void {
    switch (found.kind) {
      case 'listener': {
        const index = this.task.listeners[found.index];
        if (index !== undefined) this.states.set(index, found.state);
        return;
      }
      case 'result':
        this.results.set(found.id, { sent: found.sent, replies: [] });
        return;
      case 'reply':
        this.results.get(found.id)?.replies.push(found.reply);
        return;
      case 'captured': {
        const { output, isComplete, error } = found;
        this.captured = { output, complete: isComplete, ...(error !== undefined && { error }) };
        return;
      }
      default:
        this.fail(`it spoke of a dialogue: ${found.kind}`);
    }
  }
}

function outcomeOf({ probes, listeners, captures }: TestRun, agents: readonly TestAgent[]): AgentsOutcome {
  const byMachine = new Map(agents.map((agent) => [agent.task.machine, agent]));
  return {
    results: probes.map((probe) => resultOf(probe, byMachine.get(probe.machine))),
    listeners: listeners.map(({ machine }, index) => listenerOf(index, byMachine.get(machine))),
    captured: captures.map((machine) => capturedBy(machine, byMachine.get(machine))),
    failures: agents.flatMap(({ task, failure }) =>
      failure === undefined ? [] : [{ machine: task.machine, reason: failure }],
    ),
  };
}

/** If the agent failed, nothing was sent, and a reply from the machine itself gives the reason. */
function resultOf({ id, machine }: Probe, agent: TestAgent | undefined): ProbeResult {
  const known = agent?.passed.has('done') === true ? agent.results.get(id) : undefined;
  if (known) return { id, ...known };
  const detail = agent?.failure ?? 'the agent did not tell its result';
  return { id, sent: 0, replies: [{ kind: 'unreachable', from: machine, detail, rtt: 0 }] };
}

/** A listener counts only if it was there until all probes were done. */
function listenerOf(index: number, agent: TestAgent | undefined): ListenerState {
  return agent?.isServing === true ? (agent.states.get(index) ?? 'failed') : 'failed';
}

function capturedBy(machine: string, agent: TestAgent | undefined): Captured {
  if (agent?.captured) return { machine, ...agent.captured };
  const error = agent?.failure ?? 'the agent did not hand over what it saw';
  return { machine, output: new Uint8Array(), complete: false, error };
}
