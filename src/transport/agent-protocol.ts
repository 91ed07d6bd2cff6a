/** The protocol between labnet and the agent in a machine, as in provisioners/guest/agent.pl. */
import { Buffer } from 'node:buffer';
import type { Endpoint } from '../core/dialogue.js';
import type { ListenerState, Probe, Reply, ReplyKind, TestRun } from '../core/probe.js';

/** One machine's part of a run. */
export type AgentTask = {
  readonly machine: string;
  readonly probes: readonly Probe[];
  /** Indexes into the run's listeners. */
  readonly listeners: readonly number[];
  readonly isCapturing: boolean;
};

export type AgentMessage =
  | { readonly kind: 'listener'; readonly index: number; readonly state: ListenerState }
  | { readonly kind: 'ready' | 'done' | 'bye' }
  | { readonly kind: 'result'; readonly id: number; readonly sent: number }
  | { readonly kind: 'reply'; readonly id: number; readonly reply: Reply }
  | {
      readonly kind: 'captured';
      readonly output: Uint8Array<ArrayBuffer>;
      readonly isComplete: boolean;
      readonly error?: string;
    }
  /** The result of the oldest unanswered order; `error` is the name of an errno. */
  | { readonly kind: 'did'; readonly error?: string }
  /** At a socket of a dialogue; `own` and `other` are tags (dialogue/stage.ts). */
  | {
      readonly kind: 'arrived';
      readonly socket: number;
      readonly from: Endpoint;
      readonly own?: number;
      readonly other?: number;
    }
  | { readonly kind: 'failed'; readonly socket: number; readonly own: number; readonly error: string }
  | { readonly kind: 'error'; readonly text: string };

/** The machines that have something to do, in the order of their first mention. */
export function tasksOf({ probes, listeners, captures }: TestRun): AgentTask[] {
  const names = new Set([...captures, ...listeners.map(machineOf), ...probes.map(machineOf)]);
  const byMachine = new Map(
    [...names].map((machine) => [machine, { probes: [] as Probe[], listeners: [] as number[] }]),
  );
  for (const probe of probes) byMachine.get(probe.machine)?.probes.push(probe);
  for (const [index, { machine }] of listeners.entries()) byMachine.get(machine)?.listeners.push(index);
  const capturing = new Set(captures);
  return [...byMachine].map(([machine, mine]) => ({
    machine,
    ...mine,
    isCapturing: capturing.has(machine),
  }));
}

const machineOf = ({ machine }: { machine: string }): string => machine;

/** @param limit seconds after which the agent ends itself */
export function requestOf({ run, listeners }: TestRun, task: AgentTask, limit: number): string {
  const lines = [
    `limit ${limit}`,
    `run ${run}`,
    ...(task.isCapturing ? ['capture'] : []),
    ...task.listeners.flatMap((index) => {
      const listener = listeners[index];
      return listener ? [`listen ${listener.protocol} ${listener.port}`] : [];
    }),
    ...task.probes.map(probeLine),
    'prepare',
  ];
  return `${lines.join('\n')}\n`;
}

function probeLine(probe: Probe): string {
  const { id, protocol, to, port, count, interval, wait, ttl, talk, size, sequence } = probe;
  const words = [id, protocol, to, port ?? '-', count, interval, wait, ttl ?? '-', talk === true ? 1 : '-'];
  return `probe ${[...words, size ?? '-', sequence ?? '-'].join(' ')}`;
}

/** A message that cannot be read. Everything after it is ignored. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
}

/** Longer than any line of the agent; the output of tcpdump is sent with its length instead. */
const LONGEST_LINE = 4096;
const LONGEST_CAPTURE = 128 << 20;

/** Assembles messages that arrive in pieces. */
export class AgentReader {
  #rest: Buffer = Buffer.alloc(0);
  #body: { header: readonly string[]; length: number; chunks: Buffer[]; missing: number } | undefined;

  /** @param machine the one the agent is in: its own errors are from there */
  constructor(readonly machine: string) {}

  /** @throws ProtocolError */
  *read(chunk: Buffer): Generator<AgentMessage> {
    let rest: Buffer = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = Buffer.alloc(0);
    while (rest.length > 0) {
      if (this.#body) {
        rest = this.#take(rest);
      } else {
        const end = rest.indexOf(10);
        if (end > LONGEST_LINE || (end < 0 && rest.length > LONGEST_LINE))
          throw new ProtocolError('the agent wrote a line that has no end');
        if (end < 0) {
          this.#rest = rest;
          return;
        }
        const line = rest.toString('latin1', 0, end);
        rest = rest.subarray(end + 1);
        const message = this.#line(line);
        if (message) yield message;
      }
      const captured = this.#captured();
      if (captured) yield captured;
    }
  }

  #take(bytes: Buffer): Buffer {
    const body = this.#body;
    if (!body) return bytes;
    const mine = bytes.subarray(0, body.missing);
    body.chunks.push(mine);
    body.missing -= mine.length;
    return bytes.subarray(mine.length);
  }

  #captured(): AgentMessage | undefined {
    if (!this.#body || this.#body.missing > 0) return undefined;
    const [, , isComplete, error] = this.#body.header;
    const output = new Uint8Array(Buffer.concat(this.#body.chunks));
    this.#body = undefined;
    return { kind: 'captured', output, isComplete: isComplete === '1', ...optional('error', error) };
  }

  #line(line: string): AgentMessage | undefined {
    const words = line.split(' ');
    if (words[0] !== 'captured') return readLine(words, this.machine);
    const length = number(words[1], line);
    if (length > LONGEST_CAPTURE) throw new ProtocolError(`the agent wrote: ${line}`);
    this.#body = { header: words, length, chunks: [], missing: length };
    return undefined;
  }
}

const STATES: readonly string[] = ['open', 'in-use', 'failed'] satisfies ListenerState[];
const KINDS: readonly string[] = ['answer', 'refused', 'unreachable', 'expired'] satisfies ReplyKind[];

function readLine(words: readonly string[], machine: string): AgentMessage {
  const line = words.join(' ');
  const [kind, first, second] = words;
  if (kind === 'ready' || kind === 'done' || kind === 'bye') return { kind };
  if (kind === 'listener' && second !== undefined && STATES.includes(second))
    return { kind, index: number(first, line), state: second as ListenerState };
  if (kind === 'result') return { kind, id: number(first, line), sent: number(second, line) };
  if (kind === 'reply') return { kind, id: number(first, line), reply: replyOf(words, machine) };
  if (kind === 'error') return { kind, text: decode(first) ?? '' };
  if (kind === 'did') return { kind, ...optional('error', first) };
  if (kind === 'arrived') return arrivalOf(words);
  if (kind === 'failed')
    return { kind, socket: number(first, line), own: number(second, line), error: words[3] ?? '' };
  throw new ProtocolError(`the agent wrote: ${line.slice(0, 200)}`);
}

function replyOf([, , kind = '', from, rtt, detail, seenAs]: readonly string[], machine: string): Reply {
  if (!KINDS.includes(kind)) throw new ProtocolError(`the agent wrote of a reply: ${kind}`);
  return {
    kind: kind as ReplyKind,
    from: from === 'self' ? machine : (decode(from) ?? ''),
    rtt: number(rtt, `rtt ${rtt ?? ''}`),
    ...optional('detail', detail),
    ...optional('seenAs', seenAs),
  };
}

function arrivalOf([kind, ...words]: readonly string[]): AgentMessage {
  const [socket, address, port, own, other] = words;
  const line = `${kind ?? ''} ${words.join(' ')}`;
  const tag = (word: string | undefined): number | undefined =>
    word === '-' ? undefined : number(word, line);
  const [ownTag, otherTag] = [tag(own), tag(other)];
  return {
    kind: 'arrived',
    socket: number(socket, line),
    from: { address: address ?? '', port: number(port, line) },
    ...(ownTag !== undefined && { own: ownTag }),
    ...(otherTag !== undefined && { other: otherTag }),
  };
}

function number(word: string | undefined, line: string): number {
  if (word === undefined || !/^\d+(\.\d+)?$/.test(word)) throw new ProtocolError(`the agent wrote: ${line}`);
  return Number(word);
}

/** Percent-encoded; `-` and nothing at all stand for what is absent. */
function decode(word: string | undefined): string | undefined {
  if (word === undefined || word === '-') return undefined;
  return word.replace(/%([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function optional<Key extends string>(key: Key, word: string | undefined): Partial<Record<Key, string>> {
  const text = decode(word);
  return text === undefined ? {} : ({ [key]: text } as Record<Key, string>);
}
