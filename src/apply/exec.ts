/** A program that runs in a machine until it ends, with its output. */
import type { Output } from '../core/command.js';
import type { Session } from '../transport/session.js';

export type ExecOptions = {
  readonly stdin?: string;
  /** Milliseconds; default: ten minutes. */
  readonly timeout?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** The folder to start in; default: the caller's. */
  readonly cwd?: string;
};

const TIMEOUT = 600_000;

/** As the caller would run it: in the same folder, with the same environment. */
export async function execIn(
  session: Session,
  machine: string,
  argv: readonly [string, ...string[]],
  { cwd = process.cwd(), env = {}, timeout = TIMEOUT, stdin }: ExecOptions,
): Promise<Output> {
  const user = {
    directory: cwd,
    env: { ...(process.env as Record<string, string>), ...env },
    asked: env,
  };
  const [output] = await session.run([
    { machine, argv, timeout, user, ...(stdin !== undefined && { stdin }) },
  ]);
  if (!output) throw new TypeError('a command without an output');
  return output;
}
