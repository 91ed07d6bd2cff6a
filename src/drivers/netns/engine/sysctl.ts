/** Kernel settings of the network namespace the thread is in (sysctl(8), by way of /proc/sys). */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, readFileSync, writeFileSync } from 'node:fs';
import { failure } from '../../../core/errors.js';
import type { StepOf } from '../../../plan/step.js';
import { CLONE, remountWritable, returnAfter, unshare } from '../../../sys/namespaces.js';
import { toolEnv } from '../../../sys/tools.js';

export const pathOf = (key: string): string => `/proc/sys/${key.replaceAll('.', '/')}`;

/**
 * Containers see /proc/sys read-only. Whoever may make mount namespaces may have it otherwise in one of their own.
 * @throws LabnetError driver-unavailable
 */
export function openSettings(): void {
  if (isWritable()) return;
  try {
    remountWritable('/proc/sys');
  } catch {
    // Not a mount of its own, or not ours to change: the next look tells.
  }
  if (isWritable()) return;
  const fix = "start the container with --privileged; 'labnet doctor' tells what else it needs";
  throw failure('driver-unavailable', '/proc/sys is read-only here, as containers have it', fix);
}

function isWritable(): boolean {
  try {
    accessSync(pathOf('net.ipv4.ip_forward'), constants.W_OK);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'EROFS';
  }
}

function readSysctl(key: string): string | undefined {
  try {
    return readFileSync(pathOf(key), 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** What a new namespace has; undefined for what this kernel does not know. */
export type Fresh = ReadonlyMap<string, string | undefined>;

/** Of the thread's own namespace, in which nothing was set yet. */
export function freshSettings(keys: readonly string[]): Fresh {
  if (keys.some((key) => key.startsWith('net.netfilter.nf_conntrack') && readSysctl(key) === undefined))
    loadConntrack();
  return new Map(keys.map((key) => [key, readSysctl(key)]));
}

/** Of a namespace that is made for the look and ends with it. */
export const freshSettingsElsewhere = (keys: readonly string[]): Fresh =>
  returnAfter(() => {
    unshare(CLONE.NEWNET);
    return freshSettings(keys);
  });

/** Connection tracking is a module that nobody may have asked for since boot; the kernel loads it for a rule that needs it. */
function loadConntrack(): void {
  const input = 'table ip labnet_load { chain asks { ct state new; }; }\ndelete table ip labnet_load\n';
  spawnSync('nft', ['-f', '-'], { env: toolEnv(), input, timeout: 10_000 });
}

/** Writes what differs from what a new namespace has: most of it does not, and a write is a system call or three. */
export class Sysctls {
  constructor(readonly fresh: Fresh) {}

  apply(step: StepOf<'machine'>): void {
    for (const [key, value] of this.missingIn(step)) writeFileSync(pathOf(key), value);
  }

  /** What a machine has to be told beside what a new namespace has. */
  missingIn({ machine, sysctls }: StepOf<'machine'>): [key: string, value: string][] {
    const missing = Object.entries(sysctls).filter(([key, value]) => this.fresh.get(key) !== value);
    const unknown = missing.find(([key, value]) => this.fresh.get(key) === undefined && !isOff(key, value));
    if (unknown) {
      const [key] = unknown;
      const fix = key.includes('ipv6') ? 'IPv6 is off here: remove subnet6 from the topology' : undefined;
      throw failure('step-failed', `${machine}: this kernel has no ${key}`, fix);
    }
    return missing.filter(([key]) => this.fresh.get(key) !== undefined);
  }
}

/** A kernel without IPv6 need not be told to switch it off. */
const isOff = (key: string, value: string): boolean => key.endsWith('disable_ipv6') && value === '1';

export const writeSysctl = (key: string, value: string): void => writeFileSync(pathOf(key), value);

export function writeIfThere(key: string, value: string): void {
  if (readSysctl(key) !== undefined) writeFileSync(pathOf(key), value);
}
