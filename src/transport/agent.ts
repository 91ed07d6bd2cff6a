/**
 * Carries out a run of tests by agents, one in each machine that has a part in it (provisioners/guest/agent.pl): all
 * are prepared before the first packet, and all captures end after the last. It knows nothing of how they are reached.
 */
import type { Milliseconds } from '../core/command.js';
import { messageOf } from '../core/errors.js';
import type {
  Captured,
  ListenerState,
  Probe,
  ProbeResult,
  Reply,
  TestOutcome,
  TestRun,
} from '../core/probe.js';
import type { AgentChannel } from './agent-channel.js';
import type { AgentMessage, AgentTask } from './agent-protocol.js';
import { AgentReader, requestOf, tasksOf } from './agent-protocol.js';

/** Starts `perl -` as root in a machine. */
export type OpenAgent = (machine: string) => Promise<AgentChannel>;

/** How long each phase may take, beyond the time the probes themselves want. */
export type AgentLimits = {
  readonly connect: Milliseconds;
  /** To read the agent and start tcpdump. */
  readonly prepare: Milliseconds;
  readonly probe: Milliseconds;
  /** To end tcpdump and hand over what it saw. */
  readonly stop: Milliseconds;
};

/** For virtual machines whose processor is emulated too. */
export const AGENT_LIMITS: AgentLimits = { connect: 30_000, prepare: 45_000, probe: 15_000, stop: 60_000 };

export type AgentFailure = { readonly machine: string; readonly reason: string };

export type AgentsOutcome = TestOutcome & {
  /** The machines whose part of the run is missing, or missing in part. */
  readonly failures: readonly AgentFailure[];
};

/** What the others found is kept where an agent fails: see `resultOf`, `listenerOf` and `capturedBy`. */
export async function runAgents(
  run: TestRun,
  open: OpenAgent,
  agentText: string,
  limits: AgentLimits = AGENT_LIMITS,
): Promise<AgentsOutcome> {
  const agents = tasksOf(run).map((task) => new Agent(task));
  const each = (phase: (agent: Agent) => Promise<void>): Promise<unknown> => Promise.all(agents.map(phase));
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

/** As in the agent: fewer probes than that are never under way together while others wait. */
const AT_ONCE = 400;
const FOR_EACH = 20;

/** The time probes take if nothing is ever answered, and a slow machine's own. */
export function probingTime(probes: readonly Probe[]): Milliseconds {
  const longest = probes.reduce(
    (most, { count, interval, wait }) => Math.max(most, Math.max(0, count - 1) * interval + wait),
    0,
  );
  return Math.ceil(probes.length / AT_ONCE) * longest + probes.length * FOR_EACH;
}

type Milestone = 'ready' | 'done' | 'bye';

const CLOSE_TIMEOUT = 5_000;
const DOING: Readonly<Record<Milestone, string>> = {
  ready: 'prepared',
  done: 'done with its probes',
  bye: 'done with its capture',
};

/** One machine's part of a run. Nothing throws: what goes wrong is its `failure`. */
class Agent {
  readonly states = new Map<number, ListenerState>();
  readonly results = new Map<number, { sent: number; replies: Reply[] }>();
  captured: Omit<Captured, 'machine'> | undefined;
  failure: string | undefined;
  /** Whether it was there until all agents were done with their probes. */
  isServing = false;
  /** What it was heard to say. */
  readonly passed = new Set<Milestone>();
  #channel: AgentChannel | undefined;
  #waiting: (() => void) | undefined;

  constructor(readonly task: AgentTask) {}

  async connect(open: OpenAgent, limit: Milliseconds): Promise<void> {
    const opening = open(this.task.machine);
    try {
      this.#channel = await within(opening, limit, 'it could not be reached');
      void this.#listen(this.#channel);
    } catch (error) {
      this.#fail(messageOf(error));
      // One that comes too late is of no use any more.
      opening.then((channel) => channel.close()).catch(() => undefined);
    }
  }

  /** Says something, and waits until it is answered; does nothing where the agent failed before. */
  async ask(text: string, milestone: Milestone, limit: Milliseconds): Promise<void> {
    if (this.failure !== undefined) return;
    this.#channel?.write(text);
    await new Promise<void>((resolve) => {
      const isOver = (): boolean => this.failure !== undefined || this.passed.has(milestone);
      const timer = setTimeout(
        () => this.#fail(`it was not ${DOING[milestone]} within ${limit / 1000} s`),
        limit,
      );
      this.#waiting = () => {
        if (!isOver()) return;
        clearTimeout(timer);
        resolve();
      };
      this.#waiting();
    });
  }

  async close(): Promise<void> {
    this.#fail('called off');
    this.#channel?.end();
    const closing = this.#channel?.close() ?? Promise.resolve();
    await within(closing, CLOSE_TIMEOUT, 'it does not end').catch(() => undefined);
  }

  async #listen(channel: AgentChannel): Promise<void> {
    const reader = new AgentReader(this.task.machine);
    try {
      for await (const chunk of channel.output) {
        for (const message of reader.read(chunk)) this.#hear(message);
      }
      this.#fail(lastLine(channel.said()) ?? 'the connection ended');
    } catch (error) {
      this.#fail(lastLine(channel.said()) ?? messageOf(error));
    }
  }

  #hear(message: AgentMessage): void {
    switch (message.kind) {
      case 'listener': {
        const index = this.task.listeners[message.index];
        if (index !== undefined) this.states.set(index, message.state);
        return;
      }
      case 'result':
        this.results.set(message.id, { sent: message.sent, replies: [] });
        return;
      case 'reply':
        this.results.get(message.id)?.replies.push(message.reply);
        return;
      case 'captured': {
        const { text, isComplete, error } = message;
        this.captured = { text, complete: isComplete, ...(error !== undefined && { error }) };
        return;
      }
      case 'error':
        this.#fail(message.text);
        return;
      default:
        this.passed.add(message.kind);
        this.#waiting?.();
    }
  }

  /** The first thing that goes wrong is what is told; after its last word nothing can. */
  #fail(reason: string): void {
    if (!this.passed.has('bye')) this.failure ??= reason;
    this.#waiting?.();
  }
}

const lastLine = (text: string): string | undefined =>
  text.split('\n').findLast((line) => line.trim() !== '');

async function within<T>(work: Promise<T>, limit: Milliseconds, otherwise: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${otherwise} within ${limit / 1000} s`)), limit);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

function outcomeOf({ probes, listeners, captures }: TestRun, agents: readonly Agent[]): AgentsOutcome {
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

/** Where the agent failed nothing was sent, and a reply of the machine itself says why. */
function resultOf({ id, machine }: Probe, agent: Agent | undefined): ProbeResult {
  const known = agent?.passed.has('done') === true ? agent.results.get(id) : undefined;
  if (known) return { id, ...known };
  const detail = agent?.failure ?? 'the agent did not tell its result';
  return { id, sent: 0, replies: [{ kind: 'unreachable', from: machine, detail, rtt: 0 }] };
}

/** A listener counts only if it was there until all probes were done. */
function listenerOf(index: number, agent: Agent | undefined): ListenerState {
  return agent?.isServing === true ? (agent.states.get(index) ?? 'failed') : 'failed';
}

function capturedBy(machine: string, agent: Agent | undefined): Captured {
  if (agent?.captured) return { machine, ...agent.captured };
  const error = agent?.failure ?? 'the agent did not hand over what it saw';
  return { machine, text: '', complete: false, error };
}
