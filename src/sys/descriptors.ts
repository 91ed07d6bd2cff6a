/**
 * File descriptors that this thread has opened by system call. node closes its own when a worker thread ends, and knows
 * nothing of these; a socket that is left open keeps its network namespace, too.
 */
import { call } from './libc.js';

const open = new Set<number>();

/** @returns the same, to be closed by closeDescriptor or with the thread */
export function own(fd: number): number {
  open.add(fd);
  return fd;
}

/** Of one that is closed already nothing more is done: the number may by now be another thread's. */
export function closeDescriptor(fd: number): void {
  if (open.delete(fd)) call('close', fd);
}

/** Nothing may be done with them any more: to be called when the thread is about to end. */
export function closeDescriptors(): void {
  for (const fd of open) closeDescriptor(fd);
}
