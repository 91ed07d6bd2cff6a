/** What has come of a step's moves so far, and whether that is all there is to wait for. */
import type {
  Arrival,
  DialogueSocket,
  DialogueStep,
  Endpoint,
  Move,
  StepOutcome,
} from '../../core/dialogue.js';
import type { Tag } from './stage.js';
import { moveOf, stepOf, tagOf } from './stage.js';

/** A datagram, or a connection as one of its ends sees it. */
export type End = {
  /** The index of the socket in the dialogue. */
  readonly socket: number;
  readonly from: Endpoint;
  /** The move of this end; none where it accepted or received. */
  readonly own?: Tag | undefined;
  /** The move of the other end; none where that one accepted. */
  readonly other?: Tag | undefined;
};

export class Tally {
  /** Whether no move is made again. */
  isLast = false;
  readonly #ends: End[] = [];
  readonly #errors = new Map<number, string>();

  /** @param targets where each move goes */
  constructor(
    readonly sockets: readonly DialogueSocket[],
    readonly index: number,
    readonly step: DialogueStep,
    readonly targets: readonly Endpoint[],
  ) {}

  /** What belongs to another step is not waited for any more. */
  add(end: End): void {
    if (this.#moveOf(end) === undefined) return;
    if (!this.#ends.some((known) => isSame(known, end))) this.#ends.push(end);
  }

  fail(tag: Tag, error: string): void {
    if (stepOf(tag) === this.index) this.#errors.set(moveOf(tag), error);
  }

  /** The moves to be made, or made again: connections under way need not be. */
  due(isFirst: boolean): number[] {
    const due = [...this.step.moves.keys()].filter(
      (move) => isFirst || (!this.#isDone(move) && (this.#errors.has(move) || this.#isSent(move))),
    );
    for (const move of due) this.#errors.delete(move);
    return due;
  }

  /** Connections that nothing has come of. */
  underWay(): number[] {
    return [...this.step.moves.keys()].filter(
      (move) => !this.#isSent(move) && !this.isFulfilled(move) && !this.#errors.has(move),
    );
  }

  get isOver(): boolean {
    const { moves, enough } = this.step;
    if (moves.length === 0) return false;
    if (enough !== undefined && this.#ends.length >= enough) return true;
    const isSettled = (move: number): boolean =>
      (enough === undefined && this.#isDone(move)) || (this.isLast && this.#errors.has(move));
    return [...moves.keys()].every(isSettled);
  }

  /** A connection counts once both ends have heard of each other. */
  isFulfilled(move: number): boolean {
    const tag = tagOf(this.index, move);
    if (this.#isSent(move)) return this.#ends.some(({ other }) => other === tag);
    const mine = this.#ends.find(({ own }) => own === tag);
    return mine !== undefined && this.#ends.some(({ own, other }) => own === mine.other && other === tag);
  }

  outcome(): StepOutcome {
    const arrivals = this.#ends
      .map((end) => ({ end, move: this.#moveOf(end) ?? 0 }))
      .sort((a, b) => a.move - b.move || a.end.socket - b.end.socket)
      .map(({ end, move }): Arrival => {
        return { socket: this.sockets[end.socket]?.name ?? '', from: end.from, move };
      });
    const errors = [...this.#errors]
      .filter(([move]) => !this.#wasForestalled(move))
      .sort(([a], [b]) => a - b)
      .map(([move, error]) => ({ socket: this.step.moves[move]?.socket ?? '', move, error }));
    return { arrivals, errors };
  }

  #isDone(move: number): boolean {
    return this.isFulfilled(move) || this.#wasForestalled(move);
  }

  #isSent(move: number): boolean {
    return this.step.moves[move]?.do === 'send';
  }

  #moveOf({ own, other }: End): number | undefined {
    const tag = [own, other].find((one) => one !== undefined && stepOf(one) === this.index);
    return tag === undefined ? undefined : moveOf(tag);
  }

  /** The other side connected first, from there to here: the same connection cannot be made again. */
  #wasForestalled(move: number): boolean {
    const target = this.targets[move];
    const mine = this.#socketOf(this.step.moves[move]);
    if (this.#errors.get(move) !== 'EADDRNOTAVAIL' || !target || !mine) return false;
    return this.#ends.some(({ socket, from }) => {
      const its = this.sockets[socket];
      const isHere = its?.machine === mine.machine && its.port === mine.port;
      return isHere && from.address === target.address && from.port === target.port;
    });
  }

  #socketOf(move: Move | undefined): DialogueSocket | undefined {
    return this.sockets.find(({ name }) => name === move?.socket);
  }
}

const isSame = (a: End, b: End): boolean =>
  a.socket === b.socket &&
  a.own === b.own &&
  a.other === b.other &&
  a.from.address === b.from.address &&
  a.from.port === b.from.port;
