/**
 * Exchanges of packets between sockets in several machines, step by step. A step may send to the source address that an
 * earlier step's packet was seen with: that is how NATs are measured and hole punching works (RFC 5780, RFC 5128).
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
  /** The local port, which no other dialogue of the run uses on this machine. TCP sockets of one dialogue may share it. */
  readonly port: number;
  /** For tcp: accepts connections on its port. It can still connect, from the same port. */
  readonly listen?: boolean;
};

/** The source of an earlier step's message as a socket saw it. */
export type SeenSource = {
  /** The step, counted from 0. */
  readonly seenIn: number;
  /** The socket that saw it; default: that of the step's first arrival. */
  readonly by?: string;
  /** The move of that step whose packet was seen; default: that of the first arrival. */
  readonly move?: number;
  /** Added to the port. */
  readonly shift?: number;
};

export type Destination = Endpoint | SeenSource;

/** `send`: one UDP datagram. `connect`: a TCP connection, which counts once a message went over it both ways. */
export type Move = { readonly do: 'send' | 'connect'; readonly socket: string; readonly to: Destination };

export type DialogueStep = {
  /** Made at the same time. A step without moves is a pause. */
  readonly moves: readonly Move[];
  /** Repeats moves of which nothing has arrived: datagrams are sent again, failed connections are tried again. */
  readonly repeat?: { readonly times: number; readonly interval: Milliseconds };
  /** How long to wait for arrivals after the last move. Connections that are not established by then are closed. */
  readonly wait: Milliseconds;
  /**
   * The number of arrivals that ends the step early; 0: the step ends once its moves are made, while connections may
   * still be under way. Default: all possible ones, one for a datagram and two for a connection. A step also ends early
   * where every move has failed.
   */
  readonly enough?: number;
  /** Ends the dialogue where nothing of this step arrives, as the further steps depend on it. */
  readonly isNeeded?: true;
  /** Sockets to close before the step, with their connections. A later move opens them again. */
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
  /** The move that caused it. For a connection: of each end its own move, or the other's where it accepted. */
  readonly move: number;
};

export type MoveError = {
  readonly socket: string;
  readonly move: number;
  /** `ECONNREFUSED`, `EHOSTUNREACH` and the like, of the last try. */
  readonly error: string;
};

export type StepOutcome = {
  /** In the order of moves, and of the sockets in the dialogue. */
  readonly arrivals: readonly Arrival[];
  readonly errors: readonly MoveError[];
  /** The step was skipped, as one of its destinations was never seen. */
  readonly skipped?: boolean;
};

export type DialogueOutcome = {
  /** One for each step that was carried out. */
  readonly steps: readonly StepOutcome[];
  /** Why the dialogue ended early: a port in use, or a machine that is gone. */
  readonly error?: string;
};
