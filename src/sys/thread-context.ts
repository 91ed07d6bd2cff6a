/** The surroundings of a thread: its namespaces, also those for its children, its root and its working directory (namespaces(7)). */
import { closeSync, constants, openSync } from 'node:fs';
import { call } from './libc.js';
import { CLONE, setns, unshare } from './namespaces.js';

/** Open files: namespaces by their kind (setns(2)), and two folders in that mount namespace. */
export type ThreadContext = {
  readonly namespaces: ReadonlyMap<number, number>;
  readonly root: number;
  readonly folder: number;
};

const KINDS = {
  net: CLONE.NEWNET,
  ipc: CLONE.NEWIPC,
  pid_for_children: CLONE.NEWPID,
  mnt: CLONE.NEWNS,
} as const;

/** @returns open files, to be closed with closeContext */
export function captureContext(): ThreadContext {
  const namespaces = Object.entries(KINDS).map(([kind, type]): [number, number] => [
    type,
    openSync(`/proc/thread-self/ns/${kind}`, 'r'),
  ]);
  return { namespaces: new Map(namespaces), root: openFolder('/'), folder: openFolder('.') };
}

const openFolder = (path: string): number => openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);

export function enterContext({ namespaces, root, folder }: ThreadContext): void {
  for (const [type, fd] of namespaces) setns(fd, type);
  // Entering a mount namespace leads to its root, which may differ from this thread's (chroot(2)).
  call('fchdir', root);
  call('chroot', '.');
  call('fchdir', folder);
}

export function closeContext({ namespaces, root, folder }: ThreadContext): void {
  for (const fd of [...namespaces.values(), root, folder]) closeSync(fd);
}

/**
 * The surroundings of this thread, if it could return to them from elsewhere, which is impossible for namespaces of somebody with more rights.
 * From then on it no longer shares its root and working directory with other threads.
 */
export function returnableContext(): ThreadContext | undefined {
  try {
    // A thread that shares its root with others cannot change it (setns(2)).
    unshare(CLONE.FS);
    const context = captureContext();
    enterContext(context);
    return context;
  } catch {
    return undefined;
  }
}
