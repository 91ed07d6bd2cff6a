/** What a command costs before it does anything, against node alone. */
import { CLI } from './labnet.js';
import { inRoot, run } from './processes.js';
import { median, round } from './stats.js';

const ROUNDS = 9;
const COMMANDS = {
  node: ['-e', '0'],
  help: [CLI, '--help'],
  validate: [CLI, 'validate', inRoot('topologies/virtual-wan.yaml')],
} as const;

/** Milliseconds. */
export type Startup = Readonly<Record<keyof typeof COMMANDS, number>>;

export async function measureStartup(): Promise<Startup> {
  const times = { node: [] as number[], help: [] as number[], validate: [] as number[] };
  for (let index = 0; index < ROUNDS; index++) {
    for (const name of Object.keys(COMMANDS) as (keyof typeof COMMANDS)[])
      times[name].push((await run([process.execPath, ...COMMANDS[name]])).milliseconds);
  }
  return {
    node: round(median(times.node)),
    help: round(median(times.help)),
    validate: round(median(times.validate)),
  };
}
