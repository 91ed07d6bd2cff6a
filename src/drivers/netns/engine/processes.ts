/** The processes that run in a machine, by its network namespace. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import type { ProcessId } from '../../../sys/process.js';
import { kill, startTimeOf } from '../../../sys/process.js';

/** @param pin the file of the namespace */
export function processesIn(pin: string, isMeant: (argv: readonly string[]) => boolean): ProcessId[] {
  const { ino } = statSync(pin);
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && namespaceOf(entry) === ino && isMeant(argvOf(entry)))
    .flatMap((entry) => {
      const startTime = startTimeOf(Number(entry));
      return startTime === undefined ? [] : [{ pid: Number(entry), startTime }];
    });
}

export const endProcesses = async (processes: readonly ProcessId[]): Promise<void> => {
  await Promise.all(processes.map((process) => kill(process)));
};

function namespaceOf(pid: string): number | undefined {
  try {
    return statSync(`/proc/${pid}/ns/net`).ino;
  } catch {
    // Gone, or somebody else's.
    return undefined;
  }
}

function argvOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}
