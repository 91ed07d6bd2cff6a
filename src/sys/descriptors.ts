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

/** Does nothing if it is closed already: another thread may be using the number. */
export function closeDescriptor(fd: number): void {
  if (open.delete(fd)) call('close', fd);
}

/** To be called when the thread is about to end: they cannot be used afterwards. */
export function closeDescriptors(): void {
  for (const fd of open) closeDescriptor(fd);
}
