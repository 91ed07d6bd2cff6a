/** Asks every pair of a mesh out of one thread: a raw socket a host, a batch of requests a system call, answers counted as bits. */
import { Buffer } from 'node:buffer';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { LostPair, MeshOutcome, MeshShare } from '../../../../core/mesh.js';
import { LOST_SHOWN, MESH_TRIES } from '../../../../core/mesh.js';
import { monotonic } from '../../../../core/monotonic.js';
import {
  closeSocket,
  keepEchoReplies,
  openSocket,
  setReceiveBuffer,
  sockaddr,
} from '../../../../sys/sockets.js';
import { Echoes } from './echoes.js';
import { Pairs } from './pairs.js';

/** Requests by one call: more would overrun the queue of packets that the kernel has for a processor (1000). */
const BATCH = 64;
/** Under way at once; what is beyond waits for answers. */
const WINDOW = 512;
/** Without an answer for this long, in milliseconds, the rest is taken for lost. */
const PATIENCE = 300;
const RECEIVE_BUFFER = 1 << 18;
/** Hosts between two looks at whether this engine is to stop. */
const TURN = 16;
const MOST_REFUSALS = 1000;

type Target = { readonly family: 4 | 6; readonly name: Buffer; readonly source: Buffer };
type Line = { readonly family: 4 | 6; readonly fd: number };

export class Mesher {
  readonly #echoes: Echoes;
  readonly #answered: Pairs;
  readonly #targets: readonly (readonly Target[])[];
  readonly #lines: Line[][];
  /** By who asks: requests that may still be answered. */
  readonly #open: Int32Array;
  #under = 0;
  readonly #count = { pairs: 0, answered: 0, sent: 0, again: 0, duplicates: 0 };

  /** @param enter puts this thread into a machine's network namespace */
  constructor(
    readonly mesh: MeshShare,
    readonly enter: (machine: string) => void,
  ) {
    const { run, hosts } = mesh;
    this.#echoes = new Echoes(run, BATCH);
    this.#answered = new Pairs(hosts.length);
    this.#targets = hosts.map(({ addresses }) => addresses.map(targetOf));
    this.#lines = hosts.map(() => []);
    this.#open = new Int32Array(hosts.length);
  }

  async ask(): Promise<MeshOutcome> {
    const started = monotonic();
    for (let sequence = 0; sequence < MESH_TRIES; sequence++) {
      await this.#askAll(sequence);
      await this.#await(0);
      if (this.#count.answered === this.#count.pairs) break;
    }
    const lostPairs = this.#lost();
    return {
      ...this.#count,
      lost: this.#count.pairs - this.#count.answered,
      lostPairs,
      duration: Math.round(monotonic() - started),
    };
  }

  close(): void {
    for (const { fd } of this.#lines.flat()) closeSocket(fd);
    this.#lines.length = 0;
  }

  /** A batch from each host in turn, so that what they ask goes all ways at once. */
  async #askAll(sequence: number): Promise<void> {
    const { hosts, askers } = this.mesh;
    for (let first = 1; first < hosts.length; first += BATCH) {
      for (let from = askers.first; from < askers.end; from++) {
        await this.#askSome(from, first, sequence);
        if (this.#under > WINDOW) await this.#await(WINDOW / 2);
        else if (from % TURN === 0) await nextTurn();
      }
    }
  }

  /** One host asks those that stand `first` and more places behind it. */
  async #askSome(from: number, first: number, sequence: number): Promise<void> {
    const { length } = this.mesh.hosts;
    for (const family of FAMILIES) {
      let count = 0;
      for (let step = first; step < Math.min(first + BATCH, length); step++) {
        const to = (from + step) % length;
        const target = this.#target(from, to);
        if (target?.family !== family || (sequence > 0 && this.#answered.has(from, to))) continue;
        this.#echoes.put(count++, family, target.name, from * length + to, sequence);
      }
      if (count === 0) continue;
      if (sequence === 0) this.#count.pairs += count;
      else this.#count.again += sequence === 1 ? count : 0;
      const line = this.#line(from, family);
      await this.#send(from, line, count);
      this.#receive(from, line);
    }
  }

  async #send(from: number, { fd }: Line, count: number): Promise<void> {
    let at = 0;
    for (let refusals = 0; at < count && refusals < MOST_REFUSALS;) {
      const sent = this.#echoes.send(fd, at, count - at);
      if (typeof sent === 'number') {
        at += sent;
        this.#count.sent += sent;
        this.#open[from] = (this.#open[from] ?? 0) + sent;
        this.#under += sent;
      } else if (sent === 'EAGAIN' || sent === 'ENOBUFS') {
        refusals++;
        await sleep(1);
        // There is no way: the next may have one.
      } else at++;
    }
  }

  #line(from: number, family: 4 | 6): Line {
    const known = this.#lines[from]?.find((line) => line.family === family);
    if (known) return known;
    this.enter(this.mesh.hosts[from]?.machine ?? '');
    const fd = openSocket('icmp', family);
    this.#lines[from]?.push({ family, fd });
    keepEchoReplies(fd, family);
    setReceiveBuffer(fd, RECEIVE_BUFFER);
    return { family, fd };
  }

  #receive(from: number, { fd, family }: Line): void {
    for (let count = BATCH; count === BATCH;)
      count = this.#echoes.receive(fd, family, (pair, sequence, source) =>
        this.#onEcho(from, pair, sequence, source),
      );
  }

  /** Counted by who asked, who was asked, that the answer comes from where it was asked, and the try. */
  #onEcho(at: number, pair: number, sequence: number, source: Buffer): void {
    const { length } = this.mesh.hosts;
    const [from, to] = [Math.floor(pair / length), pair % length];
    if (from !== at || sequence >= MESH_TRIES || this.#target(from, to)?.source.equals(source) !== true)
      return;
    const open = this.#open[from] ?? 0;
    if (open > 0) {
      this.#open[from] = open - 1;
      this.#under--;
    }
    if (this.#answered.add(from, to)) this.#count.answered++;
    else this.#count.duplicates++;
  }

  /** Until no more than so many are under way, or nothing has come for a while. */
  async #await(most: number): Promise<void> {
    let [before, since] = [this.#under, monotonic()];
    while (this.#under > most) {
      for (const [from, lines] of this.#lines.entries())
        if ((this.#open[from] ?? 0) > 0) for (const line of lines) this.#receive(from, line);
      if (this.#under < before) [before, since] = [this.#under, monotonic()];
      else if (monotonic() - since > PATIENCE + (this.mesh.longer ?? 0)) break;
      else await sleep(1);
    }
    if (this.#under <= most) return;
    this.#under = 0;
    this.#open.fill(0);
  }

  #target(from: number, to: number): Target | undefined {
    const { hosts, choice } = this.mesh;
    const [source, target] = [hosts[from], hosts[to]];
    if (from === to || !source || !target) return undefined;
    return this.#targets[to]?.[choice[source.kind]?.[target.kind] ?? -1];
  }

  #lost(): LostPair[] {
    const { hosts, askers } = this.mesh;
    const { length } = hosts;
    const found: LostPair[] = [];
    if (this.#count.answered === this.#count.pairs) return found;
    for (let from = askers.first; from < askers.end; from++)
      for (let to = 0; to < length && found.length < LOST_SHOWN; to++)
        if (this.#target(from, to) && !this.#answered.has(from, to)) found.push({ from, to });
    return found;
  }
}

const FAMILIES = [4, 6] as const;

function targetOf(address: string): Target {
  const family = address.includes(':') ? 6 : 4;
  const name = sockaddr({ address, port: 0 });
  return { family, name, source: Buffer.from(family === 4 ? name.subarray(4, 8) : name.subarray(8, 24)) };
}
