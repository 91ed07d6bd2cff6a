/** Where dialogues take place: the sockets of all machines, in one process or each in its machine's agent. */
import type { Endpoint } from '../../core/dialogue.js';

/** A move of a dialogue as a number, which travels in its messages. */
export type Tag = number;

const MOVES = 256;
/** The highest bit says that a message answers another. */
const STEPS = 2 ** 31 / MOVES;
export const tagOf = (step: number, move: number): Tag => step * MOVES + move;
export const stepOf = (tag: Tag): number => Math.floor(tag / MOVES);
export const moveOf = (tag: Tag): number => tag % MOVES;
/** How much a tag has room for. */
export const MOST = { steps: STEPS, moves: MOVES } as const;

/** The bit of a mark's last number by which whoever accepts a connection answers with the other's tag. */
export const ANSWER = 0x80000000;

/** A socket of one of the dialogues that are held together. */
export type StageSocket = {
  readonly id: number;
  /** The number of its dialogue, which is in its messages: it hears none of another's. */
  readonly dialogue: number;
  readonly machine: string;
  readonly protocol: 'udp' | 'tcp';
  readonly family: 4 | 6;
  readonly address: string | undefined;
  readonly port: number;
  readonly listen: boolean;
};

/** `cancel`: calls off connections that are not established; `close`: until its next order, which opens it again. */
export type Order =
  | { readonly do: 'open' }
  | { readonly do: 'close' }
  | { readonly do: 'send' | 'connect'; readonly to: Endpoint; readonly tag: Tag }
  | { readonly do: 'cancel'; readonly tag: Tag };

export type Stage = {
  /**
   * @returns when it is done, the errno's name where it could not be
   * @throws where the machine is gone
   */
  readonly carryOut: (socket: StageSocket, order: Order) => Promise<string | undefined>;
  /** Resolves once everything that has reached the machine by now was heard of; throws where the machine is gone. */
  readonly settle: (machine: string) => Promise<void>;
};

/** What happens at a socket, told by the stage. */
export type Heard = {
  readonly socket: number;
  /** The move the socket made itself: it connected. */
  readonly own?: Tag | undefined;
} & (
  | {
      readonly from: Endpoint;
      /** The move of the other side: it sent, or connected. */
      readonly other?: Tag | undefined;
    }
  | { readonly error: string }
);
