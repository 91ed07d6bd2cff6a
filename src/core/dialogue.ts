/**
 * Exchanges between sockets in several machines, step by step, where a later step may go to where an earlier one's
 * packet was seen to come from: what NATs are told apart by, and what goes through them (RFC 5780, RFC 5128).
 */
import type { Milliseconds } from './command.js';

export type Endpoint = { readonly address: string; readonly port: number };

export type DialogueSocket = {
  /** Unique in the dialogue. */
  readonly name: string;
  readonly machine: string;
  readonly protocol: 'udp' | 'tcp';
  /** The local address; default: any, of `family`. */
  readonly address?: string;
  /** Default: that of `address`, or 4. */
  readonly family?: 4 | 6;
  /** The local port. No other dialogue of the run has it on this machine; TCP sockets of one dialogue may share it. */
  readonly port: number;
  /** For tcp: accepts connections. It may connect too, as any other: each connection is made from its port. */
  readonly listen?: boolean;
};

/** The source of an earlier step's message as a socket saw it. */
export type SeenSource = {
  /** The step, counted from 0. */
  readonly seenIn: number;
  /** The socket that saw it; default: that of the step's first arrival. */
  readonly by?: string;
  /** The move of that step that was seen; default: that of the first arrival. */
  readonly move?: number;
  /** Added to the port. */
  readonly shift?: number;
};

export type Destination = Endpoint | SeenSource;

/** `send`: one UDP datagram. `connect`: a TCP connection, which counts once a message went over it both ways. */
export type Move = { readonly do: 'send' | 'connect'; readonly socket: string; readonly to: Destination };

export type DialogueStep = {
  /** Made at the same time; without any, the step is a pause. */
  readonly moves: readonly Move[];
  /** So many times more, each while nothing of it has arrived: datagrams are sent again, failed connections tried again. */
  readonly repeat?: { readonly times: number; readonly interval: Milliseconds };
  /** How long to wait for arrivals after the last; connections that are not established by then are called off. */
  readonly wait: Milliseconds;
  /**
   * How many arrivals end the step at once; 0: it goes on as soon as the moves are made, and leaves connections under
   * way. Default: what each move can have, one of a datagram and both ends of a connection. It ends at once too where
   * every move has failed.
   */
  readonly enough?: number;
  /** Where nothing of it arrives, the rest of the dialogue would tell nothing, and is left out. */
  readonly isNeeded?: true;
  /** Sockets closed before the step, their connections too; a later move of theirs opens them again. */
  readonly close?: readonly string[];
};

export type Dialogue = {
  readonly name: string;
  readonly sockets: readonly DialogueSocket[];
  readonly steps: readonly DialogueStep[];
};

/** A datagram, or a connection as one of its ends sees it. */
export type Arrival = {
  readonly socket: string;
  readonly from: Endpoint;
  /** The move it came of; of a connection's two ends each its own, or the other's where it accepted. */
  readonly move: number;
};

export type MoveError = {
  readonly socket: string;
  readonly move: number;
  /** `ECONNREFUSED`, `EHOSTUNREACH` and the like; of a move tried again the last. */
  readonly error: string;
};

export type StepOutcome = {
  /** In the order of moves, and of the sockets in the dialogue. */
  readonly arrivals: readonly Arrival[];
  readonly errors: readonly MoveError[];
  /** Nothing was done, as one of its destinations was never seen. */
  readonly skipped?: boolean;
};

export type DialogueOutcome = {
  /** Of those that were carried out. */
  readonly steps: readonly StepOutcome[];
  /** Why there are no more: a port in use, a machine that is gone. */
  readonly error?: string;
};
