/** The connection to one agent: its messages, and its first failure. */
import type { Milliseconds } from '../core/command.js';
import { messageOf } from '../core/errors.js';
import type { AgentChannel } from './agent-channel.js';
import type { AgentMessage } from './agent-protocol.js';
import { AgentReader } from './agent-protocol.js';

/** Starts `perl -` as root in a machine. */
export type OpenAgent = (machine: string) => Promise<AgentChannel>;

/** How long each phase may take, in addition to the time of its work; milliseconds. */
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

const CLOSE_TIMEOUT = 5_000;

/** Messages about the agent itself; all others are results. */
export type Milestone = 'ready' | 'done' | 'bye';
export type Finding = Exclude<AgentMessage, { readonly kind: Milestone | 'error' }>;

const DOING: Readonly<Record<Milestone, string>> = {
  ready: 'prepared',
  done: 'done with its probes',
  bye: 'done with its capture',
};

/** Its methods do not throw: errors become its `failure`. */
export abstract class AgentLine {
  failure: string | undefined;
  /** The messages received so far. */
  readonly passed = new Set<Milestone>();
  #channel: AgentChannel | undefined;
  #waiting: (() => void) | undefined;

  constructor(readonly machine: string) {}

  protected abstract hear(finding: Finding): void;

  async connect(open: OpenAgent, limit: Milliseconds): Promise<void> {
    const opening = open(this.machine);
    try {
      this.#channel = await within(opening, limit, 'it could not be reached');
      void this.#listen(this.#channel);
    } catch (error) {
      this.fail(messageOf(error));
      // It came too late and is not needed any more.
      opening.then((channel) => channel.close()).catch(() => undefined);
    }
  }

  /** Sends a request, and waits for the answer; does nothing where the agent has failed. */
  async ask(text: string, milestone: Milestone, limit: Milliseconds): Promise<void> {
    if (this.failure !== undefined) return;
    this.say(text);
    await new Promise<void>((resolve) => {
      const isOver = (): boolean => this.failure !== undefined || this.passed.has(milestone);
      const timer = setTimeout(
        () => this.fail(`it was not ${DOING[milestone]} within ${limit / 1000} s`),
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
    this.fail('called off');
    this.#channel?.end();
    const closing = this.#channel?.close() ?? Promise.resolve();
    await within(closing, CLOSE_TIMEOUT, 'it does not end').catch(() => undefined);
  }

  protected say(text: string): void {
    this.#channel?.write(text);
  }

  /** Only the first failure is kept, and none after the agent's last message. */
  protected fail(reason: string): void {
    if (!this.passed.has('bye')) this.failure ??= reason;
    this.#waiting?.();
  }

  async #listen(channel: AgentChannel): Promise<void> {
    const reader = new AgentReader(this.machine);
    try {
      for await (const chunk of channel.output) {
        for (const message of reader.read(chunk)) this.#take(message);
      }
      this.fail(lastLine(channel.said()) ?? 'the connection ended');
    } catch (error) {
      this.fail(lastLine(channel.said()) ?? messageOf(error));
    }
  }

  #take(message: AgentMessage): void {
    switch (message.kind) {
      case 'error':
        this.fail(message.text);
        return;
      case 'ready':
      case 'done':
      case 'bye':
        this.passed.add(message.kind);
        this.#waiting?.();
        return;
      default:
        this.hear(message);
    }
  }
}

const lastLine = (text: string): string | undefined =>
  text.split('\n').findLast((line) => line.trim() !== '');

export async function within<T>(work: Promise<T>, limit: Milliseconds, otherwise: string): Promise<T> {
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
