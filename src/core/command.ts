/** What is to be done in a machine, as data: the transport decides how. */

export type Milliseconds = number;

export type Command = {
  readonly machine: string;
  readonly argv: readonly [string, ...string[]];
  readonly stdin?: string;
  readonly timeout: Milliseconds;
  /**
   * As a user of the machine runs it, with its names, its /run and its processes. Without, it is labnet's own command:
   * all it has of the machine is the network, and it starts sooner.
   */
  readonly user?: UserContext;
};

export type UserContext = {
  /** The folder to start in, where the machine has it. */
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
  /** What of it was asked for, and is not merely this process's own: all that a machine of its own is given. */
  readonly asked: Readonly<Record<string, string>>;
};

/** In characters or bytes. Enough for any ruleset; what is longer is cut, so that a command gone wild fills no memory. */
export const OUTPUT_LIMIT = 16 << 20;

export type Output = {
  /** 128 and more for a signal, as shells have it; null where it could not be started. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
  /** Why it could not be started, such as ENOENT. */
  readonly error?: string;
};
