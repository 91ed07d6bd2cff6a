/** Where a thread is: its namespaces, those of its children included, and its working directory (namespaces(7)). */
import { closeSync, constants, openSync, readlinkSync } from 'node:fs';
import { call } from './libc.js';
import { CLONE, setns, unshare } from './namespaces.js';

/** Open files, by the kind of namespace (setns(2)); `folder` is in the mount namespace. */
export type Place = { readonly namespaces: ReadonlyMap<number, number>; readonly folder: number };

const KINDS = {
  net: CLONE.NEWNET,
  ipc: CLONE.NEWIPC,
  pid_for_children: CLONE.NEWPID,
  mnt: CLONE.NEWNS,
} as const;

/** @returns open files, to be closed with closePlace */
export function placeHere(): Place {
  const folder = openSync('.', constants.O_RDONLY | constants.O_DIRECTORY);
  const namespaces = Object.entries(KINDS).map(([kind, type]): [number, number] => [
    type,
    openSync(`/proc/thread-self/ns/${kind}`, 'r'),
  ]);
  return { namespaces: new Map(namespaces), folder };
}

export function goTo({ namespaces, folder }: Place): void {
  for (const [type, fd] of namespaces) setns(fd, type);
  // To enter a mount namespace is to be at its root.
  call('fchdir', folder);
}

export function closePlace({ namespaces, folder }: Place): void {
  for (const fd of [...namespaces.values(), folder]) closeSync(fd);
}

/**
 * Where this thread is, if it could come back to it from elsewhere: not to namespaces of somebody who has more rights, and not into
 * a root of its own (chroot(2)). From then on its working directory is no longer other threads'.
 */
export function returnablePlace(): Place | undefined {
  try {
    if (readlinkSync('/proc/thread-self/root') !== '/') return undefined;
    // A thread that shares its root with others cannot change it (setns(2)).
    unshare(CLONE.FS);
    const place = placeHere();
    goTo(place);
    return place;
  } catch {
    return undefined;
  }
}
