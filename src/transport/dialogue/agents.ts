/** Dialogues by agents, one in each machine that has a socket: what is decided is decided here (conversation.ts). */
import { randomInt } from 'node:crypto';
import type { Milliseconds } from '../../core/command.js';
import type { Dialogue, DialogueOutcome } from '../../core/dialogue.js';
import type { AgentLimits, Finding, OpenAgent } from '../agent-line.js';
import { AGENT_LIMITS, AgentLine } from '../agent-line.js';
import type { Manner } from './converse.js';
import { converse } from './converse.js';
import type { Heard, Order, Stage, StageSocket } from './stage.js';

const RUNS = 2 ** 32;

/**
 * select(2), which the agent waits by, ends at 1024 files. Machines may be emulated, and their routers too: what is still
 * on its way when a wait is over would be taken for lost.
 */
const MANNER: Manner = { room: { machine: 900, total: Infinity }, patience: 3 };

export async function converseByAgents(
  dialogues: readonly Dialogue[],
  open: OpenAgent,
  agentText: string,
  limits: AgentLimits = AGENT_LIMITS,
  manner: Manner = MANNER,
): Promise<DialogueOutcome[]> {
  const machines = new Set(dialogues.flatMap(({ sockets }) => sockets.map(({ machine }) => machine)));
  const agents = [...machines].map((machine) => new StageAgent(machine, limits.probe));
  const each = (phase: (agent: StageAgent) => Promise<void>): Promise<unknown> =>
    Promise.all(agents.map(phase));
  const longest = limits.connect + limits.prepare + timeOf(dialogues, limits.probe) * manner.patience;
  const request = `limit ${Math.ceil(longest / 1000)}\nrun ${randomInt(RUNS)}\nconverse\n`;
  const byMachine = new Map(agents.map((agent) => [agent.machine, agent]));
  try {
    await each((agent) => agent.connect(open, limits.connect));
    await each((agent) => agent.ask(`${agentText}${request}`, 'ready', limits.prepare));
    return await converse(dialogues, (hear) => stageOf(byMachine, hear), manner);
  } finally {
    await each((agent) => agent.close());
  }
}

/** At most: one after the other, nothing ever arriving. */
function timeOf(dialogues: readonly Dialogue[], forOrders: Milliseconds): Milliseconds {
  const steps = dialogues.flatMap((dialogue) => dialogue.steps);
  const waits = steps.map(({ repeat, wait }) => (repeat ? repeat.times * repeat.interval : 0) + wait);
  return waits.reduce((sum, wait) => sum + wait, dialogues.length * forOrders);
}

function stageOf(agents: ReadonlyMap<string, StageAgent>, hear: (heard: Heard) => void): Stage {
  const order = (machine: string, line: string): Promise<string | undefined> => {
    const agent = agents.get(machine);
    return agent ? agent.order(line) : Promise.reject(new Error(`${machine} has no agent`));
  };
  for (const agent of agents.values()) agent.tell = hear;
  return {
    carryOut: (socket, what) => order(socket.machine, orderLine(socket, what)),
    settle: async (machine) => {
      await order(machine, 'settle');
    },
  };
}

/** In the words of provisioners/guest/agent.pl. */
export function orderLine(socket: StageSocket, order: Order): string {
  const { id, dialogue, protocol, family, address, port, listen } = socket;
  switch (order.do) {
    case 'open':
      return `open ${id} ${dialogue} ${protocol} ${family} ${address ?? '-'} ${port} ${listen ? 1 : '-'}`;
    case 'close':
      return `close ${id}`;
    case 'cancel':
      return `cancel ${id} ${order.tag}`;
    default:
      return `${order.do} ${id} ${order.to.address} ${order.to.port} ${order.tag}`;
  }
}

type Waiting = { readonly resolve: (error?: string) => void; readonly reject: (error: Error) => void };

/** One machine's sockets. */
class StageAgent extends AgentLine {
  tell: (heard: Heard) => void = () => undefined;
  /** Orders are answered one after the other. */
  readonly #waiting: Waiting[] = [];
  readonly #limit: Milliseconds;

  constructor(machine: string, limit: Milliseconds) {
    super(machine);
    this.#limit = limit;
  }

  async order(line: string): Promise<string | undefined> {
    if (this.failure !== undefined) throw this.#error();
    this.say(`${line}\n`);
    const late = (): void => this.fail(`it did not answer within ${this.#limit / 1000} s`);
    const timer = setTimeout(late, this.#limit);
    try {
      return await new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
    } finally {
      clearTimeout(timer);
    }
  }

  protected override hear(found: Finding): void {
    if (found.kind === 'did') this.#waiting.shift()?.resolve(found.error);
    else if (found.kind === 'arrived' || found.kind === 'failed') this.tell(found);
    else this.fail(`it spoke of probes: ${found.kind}`);
  }

  protected override fail(reason: string): void {
    super.fail(reason);
    for (const { reject } of this.#waiting.splice(0)) reject(this.#error());
  }

  #error(): Error {
    return new Error(`${this.machine}: ${this.failure ?? 'it is gone'}`);
  }
}
