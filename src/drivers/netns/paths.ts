/** Where things are inside a lab's own /run, and how they are reached from outside. */

export const PIN_DIR = '/run/netns';
export const LAB_DIR = '/run/labnet';

/** The file that keeps a machine's network namespace, as `ip netns` would have it. */
export const pinOf = (machine: string): string => `${PIN_DIR}/${machine}`;
/** Of what is kept beside a machine; it is there from when there is anything. */
export const machineDir = (machine: string): string => `${LAB_DIR}/machines/${machine}`;

/** The holder's file descriptor for the mount namespace that machines see: without the pins, which are many. */
export const VIEW_FD = 3;

/** A path of the lab, for somebody outside of it who may look into the holder: by its folder in /proc. */
export const fromOutside = (holder: string, path: string): string => `${holder}/root${path}`;

/** In the environment of a lab's holder: the folder of its record. */
export const HOLDER_MARK = 'LABNET_HOLDER';

/** In the environment of an engine that changes a lab, and of what it starts for that: which lab's holder. */
export const CHANGE_MARK = 'LABNET_CHANGE';

/** What a program calls itself that makes network namespaces ahead, when all of its files but its standard streams are such. */
export const AHEAD_NAME = 'labnet-ahead';
