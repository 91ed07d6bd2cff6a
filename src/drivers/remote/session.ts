/** A session with machines over SSH: commands and probes in the machine's own hands, as root. */
import type { Command, Output } from '../../core/command.js';
import { monotonic } from '../../core/monotonic.js';
import type { Session } from '../../transport/session.js';
import { runAgents } from '../../transport/agent.js';
import type { OpenAgent } from '../../transport/agent-line.js';
import { readAgent } from '../../transport/assets.js';
import { converseByAgents } from '../../transport/dialogue/agents.js';
import type { Fleet } from './fleet.js';

/** How much longer than the program's own time limit its channel is waited for. */
const GRACE = 5_000;
const KILL_AFTER = 2;
/** What timeout(1) ends with when the time was over. */
const TIMED_OUT = [124, 137];

export const remoteSession = (fleet: Fleet): Session => ({
  run: (commands) => Promise.all(commands.map((command) => runOne(fleet, command))),
  test: (run) => runAgents(run, openAgent(fleet), readAgent()),
  converse: (dialogues) => converseByAgents(dialogues, openAgent(fleet), readAgent()),
  close: () => fleet.close(),
});

const openAgent =
  (fleet: Fleet): OpenAgent =>
  async (machine) =>
    (await fleet.to(machine)).talk(['perl', '-']);

async function runOne(fleet: Fleet, { machine, argv, stdin, timeout, user }: Command): Promise<Output> {
  const started = monotonic();
  const connection = await fleet.to(machine);
  const env = Object.entries(user?.asked ?? {}).map(([name, value]) => `${name}=${value}`);
  const seconds = String(Math.ceil(timeout / 1000));
  // The program is ended there; to close the channel would let it live on.
  const whole = ['timeout', '-k', String(KILL_AFTER), seconds, 'env', ...env, ...argv];
  const output = await connection.run(whole, { stdin, timeout: timeout + GRACE });
  const isLate = TIMED_OUT.includes(output.exitCode ?? 0) && monotonic() - started >= timeout;
  return isLate ? { ...output, timedOut: true } : output;
}
