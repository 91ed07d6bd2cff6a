/** A command for a machine, as data: the transport decides how to run it. */

export type Milliseconds = number;

export type Command = {
  readonly machine: string;
  readonly argv: readonly [string, ...string[]];
  readonly stdin?: string;
  readonly timeout: Milliseconds;
  /**
   * Runs the command as a user of the machine would, with its hosts file, its /run and its processes. Without it, the
   * command is labnet's own: it has only the machine's network, and starts sooner.
   */
  readonly user?: UserContext;
};

export type UserContext = {
  /** The folder to start in, if the machine has it. */
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
  /** The variables that the caller set. A real machine gets these only, not the environment of this process. */
  readonly asked: Readonly<Record<string, string>>;
};

/** In characters or bytes. Enough for any ruleset; longer output is cut, so that no command can fill the memory. */
export const OUTPUT_LIMIT = 16 << 20;

export type Output = {
  /** 128 and more for a signal, as in shells; null where the command could not be started. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
  /** Why it could not be started, such as ENOENT. */
  readonly error?: string;
};
