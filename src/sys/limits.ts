/** The kernel's limits for this process, and how much of them is used, if known (proc(5), getrlimit(2)). */
import { readFileSync } from 'node:fs';

export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** A setting by its sysctl(8) name, with '/' where that has a dot; undefined if there is none or it is not a number. */
export function readSetting(name: string): number | undefined {
  const text = readText(`/proc/sys/${name}`);
  return text === undefined ? undefined : numberOf(text.trim());
}

export type Rlimits = {
  /** Node raises its own to the hard limit when it starts. */
  readonly files: number | undefined;
  readonly processes: number | undefined;
};

/** The soft limits; undefined is unlimited. */
export function readRlimits(): Rlimits {
  const text = readText('/proc/self/limits') ?? '';
  const soft = (title: string): number | undefined =>
    numberOf(new RegExp(`^Max ${title}\\s+(\\d+)`, 'm').exec(text)?.[1]);
  return { files: soft('open files'), processes: soft('processes') };
}

export type Memory = { readonly total: number; readonly available: number };

/** In bytes. */
export function readMemory(): Memory | undefined {
  const text = readText('/proc/meminfo') ?? '';
  const field = (name: string): number | undefined =>
    numberOf(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]);
  const [total, available] = [field('MemTotal'), field('MemAvailable')];
  return total === undefined || available === undefined
    ? undefined
    : { total: total * 1024, available: available * 1024 };
}

/** Threads of the whole computer, or of the pid namespace that /proc is of. */
export const readThreads = (): number | undefined =>
  numberOf(/ \d+\/(\d+) /.exec(readText('/proc/loadavg') ?? '')?.[1]);

/** Open files of the whole computer, and their limit. */
export function readSystemFiles(): { readonly used: number; readonly most: number } | undefined {
  const [used, , most] = (readText('/proc/sys/fs/file-nr') ?? '').trim().split(/\s+/).map(numberOf);
  return used === undefined || most === undefined ? undefined : { used, most };
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}
