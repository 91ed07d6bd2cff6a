/** One agent in its machine: the way to it, what it says, and the first thing that went wrong. */
import type { Milliseconds } from '../core/command.js';
import { messageOf } from '../core/errors.js';
import type { AgentChannel } from './agent-channel.js';
import type { AgentMessage } from './agent-protocol.js';
import { AgentReader } from './agent-protocol.js';

/** Starts `perl -` as root in a machine. */
export type OpenAgent = (machine: string) => Promise<AgentChannel>;

/** How long each phase may take, beyond the time that what it does wants. */
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

/** What it says of itself; anything else is what it found. */
export type Milestone = 'ready' | 'done' | 'bye';
export type Finding = Exclude<AgentMessage, { readonly kind: Milestone | 'error' }>;

const DOING: Readonly<Record<Milestone, string>> = {
  ready: 'prepared',
  done: 'done with its probes',
  bye: 'done with its capture',
};

/** Nothing throws: what goes wrong is its `failure`. */
export abstract class AgentLine {
  failure: string | undefined;
  /** What it was heard to say. */
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
      // One that comes too late is of no use any more.
      opening.then((channel) => channel.close()).catch(() => undefined);
    }
  }

  /** Says something, and waits until it is answered; does nothing where the agent failed before. */
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

  /** The first thing that goes wrong is what is told; after its last word nothing can. */
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
