/** Namespaces and mounts of the calling thread (unshare(2), setns(2), mount(2)). */
import { closeSync, openSync } from 'node:fs';
import { call } from './libc.js';

export const CLONE = {
  FS: 0x00000200,
  NEWNS: 0x00020000,
  NEWUTS: 0x04000000,
  NEWIPC: 0x08000000,
  NEWUSER: 0x10000000,
  NEWPID: 0x20000000,
  NEWNET: 0x40000000,
} as const;

const MS = {
  NOSUID: 2,
  NODEV: 4,
  NOEXEC: 8,
  REMOUNT: 0x20,
  BIND: 0x1000,
  REC: 0x4000,
  SLAVE: 0x80000,
} as const;

export const unshare = (flags: number): number => call('unshare', flags);

export const setns = (fd: number, type: number): number => call('setns', fd, type);

/** Enters the namespace of an nsfs file, such as /proc/PID/ns/net. */
export function enter(path: string, type: number): void {
  const fd = openSync(path, 'r');
  try {
    setns(fd, type);
  } finally {
    closeSync(fd);
  }
}

/** Runs `task`, which may enter other network namespaces, and returns to the thread's own afterwards. */
export function returnAfter<T>(task: () => T): T {
  const here = openSync('/proc/thread-self/ns/net', 'r');
  try {
    return task();
  } finally {
    setns(here, CLONE.NEWNET);
    closeSync(here);
  }
}

/** Later mounts of the computer are still seen here; mounts made here are not seen there. */
export const detachMounts = (): number => call('mount', 'none', '/', null, MS.REC | MS.SLAVE, null);

export const mountTmpfs = (target: string, options: string): number =>
  call('mount', 'labnet', target, 'tmpfs', MS.NOSUID | MS.NODEV, options);

/** Makes a mount writable that a container manager has made read-only, if this thread may do that. */
export const remountWritable = (target: string): number =>
  call('mount', 'none', target, null, MS.REMOUNT | MS.BIND | MS.NOSUID | MS.NODEV | MS.NOEXEC, null);

const MNT_DETACH = 2;

/** Even if it is still in use. */
export const unmount = (target: string): number => call('umount2', target, MNT_DETACH);

export const bindMount = (source: string, target: string): number =>
  call('mount', source, target, null, MS.BIND, null);
