/** Which process holds a lock, and whether it is working. */
import { readdirSync, readFileSync, statSync } from 'node:fs';

export type Holding = {
  readonly pid: number | undefined;
  readonly command: string;
  /** Changes as long as the process is working. */
  readonly sign: string;
};

/** The text of a lock file: the process that holds it, or held it when it was killed. */
const SAYS = /^(\d+) (labnet.*)/;

/** Empty in the moment before it is written. */
export const isLockText = (text: string): boolean => text === '' || SAYS.test(text);

/** Reads what is said in the lock file; it may be gone by then. */
export function holdingOf(path: string): Holding {
  const [, pid, command = ''] = SAYS.exec(readIfThere(path)) ?? [];
  const touched = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const number = pid === undefined ? undefined : Number(pid);
  return { pid: number, command, sign: `${pid ?? ''} ${touched} ${workOf(number)}` };
}

/** Whether it is seen to have the lock file open: in another pid namespace its number is somebody else's here. */
export function isSeen({ pid }: Holding, path: string): boolean {
  try {
    const { dev, ino } = statSync(path);
    const folder = `/proc/${pid ?? 0}/fd`;
    const opened = readdirSync(folder).map((fd) => statSync(`${folder}/${fd}`, { throwIfNoEntry: false }));
    return opened.some((one) => one?.dev === dev && one.ino === ino);
  } catch {
    return false;
  }
}

export const nameOf = ({ pid, command }: Holding): string =>
  pid === undefined ? 'another labnet' : `process ${pid} (${command})`;

/**
 * The processor time it has had: on a machine with much to do it may not get round to anything else for a while. In
 * clock ticks, fields 14 and 15 of /proc/PID/stat. Of this process it says nothing.
 */
function workOf(pid: number | undefined): string {
  if (pid === undefined || pid === process.pid) return '';
  const stat = readIfThere(`/proc/${pid}/stat`);
  return stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
    .join(' ');
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
