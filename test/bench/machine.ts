/** What of this machine's own network no benchmark may change. */
import { run } from './processes.js';

/** Counters and lifetimes run on by themselves. */
const VOLATILE = /\b\d+sec\b|.*conntrack_count.*/g;
const SYSCTL = 'sysctl -ae --pattern ^(net\\.|fs\\.file-max|kernel\\.pty\\.max)';
const COMMANDS = [
  'ip -o link',
  'ip -o addr',
  'ip route show table all',
  'ip -6 route show table all',
  'ip rule',
  'ip -6 rule',
  SYSCTL,
] as const;

/** The lines each of the commands says. */
export type MachineState = ReadonlyMap<string, ReadonlySet<string>>;

export async function machineState(): Promise<MachineState> {
  const states = await Promise.all(
    COMMANDS.map(async (command) => {
      const { stdout } = await run(command.split(' '));
      return [command, new Set(stdout.replace(VOLATILE, '').split('\n'))] as const;
    }),
  );
  return new Map(states);
}

/** What differs, a line each; empty where nothing does. */
export function changesOf(before: MachineState, after: MachineState): string[] {
  return COMMANDS.flatMap((command) => {
    const was = before.get(command) ?? new Set();
    const is = after.get(command) ?? new Set();
    const removed = [...was].filter((line) => !is.has(line)).map((line) => `${command}: - ${line}`);
    // A kernel module that came with the first bridge or rule brings settings; one that was changed shows above.
    const added = command === SYSCTL ? [] : [...is].filter((line) => !was.has(line));
    return [...removed, ...added.map((line) => `${command}: + ${line}`)];
  });
}
