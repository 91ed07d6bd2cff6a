/** What memory a running lab takes: of its processes, and of the kernel. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { openRecords } from '../../src/apply/labs.js';
import { wanName } from './wan.js';

const BYTES_A_KILOBYTE = 1024;
const KERNEL = ['Slab', 'KernelStack', 'PageTables', 'Percpu'] as const;

/** Bytes the kernel has for itself, of the whole machine: a difference says what a lab takes, as far as nobody else is at work. */
export function kernelMemory(): number {
  const text = readFileSync('/proc/meminfo', 'utf8');
  const kilobytes = KERNEL.map((name) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1] ?? 0),
  );
  return kilobytes.reduce((sum, one) => sum + one, 0) * BYTES_A_KILOBYTE;
}

/** Bytes that an idle lab's processes have for themselves, and their part of what they share (Pss, proc(5)). */
export function idleMemory(hosts: number, stateDir: string): number {
  const record = openRecords({ stateDir }).read(wanName(hosts));
  const { holder } = (record?.runtime ?? {}) as { readonly holder?: { readonly pid: number } };
  if (!holder) throw new Error(`${wanName(hosts)} has no holder`);
  const space = namespaceOf(holder.pid);
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && namespaceOf(name) === space);
  return pids.reduce((sum, pid) => sum + pssOf(pid), 0);
}

function namespaceOf(pid: number | string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return undefined;
  }
}

function pssOf(pid: string): number {
  const [, kilobytes] = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')) ?? [];
  return Number(kilobytes ?? 0) * BYTES_A_KILOBYTE;
}
