/** How many probes may be under way at once, by the files that may be open: sockets are files. */
import { readdirSync } from 'node:fs';
import type { TestRun } from '../../../../core/probe.js';
import { LabnetError } from '../../../../core/errors.js';
import { tooLittle } from '../../../../plan/room.js';
import { readRlimits } from '../../../../sys/limits.js';

/** More would overrun queues, fewer would wait for the ones that are never answered. */
const WINDOW = 4096;
const SMALLEST_WINDOW = 16;
/** A probe's own, and that of its connection to a listener. */
const PER_PROBE = 2;
/** tcpdump's output and errors, and for a moment the other ends of them. */
const PER_CAPTURE = 4;
const PER_LISTENER = 2;
const BESIDE = 16;

type Run = Pick<TestRun, 'probes' | 'listeners' | 'captures'>;

/**
 * @param limit of open files
 * @param used those that are open already
 * @throws LabnetError no-room where there are too few for anything
 */
export function windowFor(run: Run, limit: number, used: number): number {
  const fixed = filesOf(run);
  const probes = run.probes.filter(({ protocol }) => protocol !== 'icmp').length;
  const window = Math.min(WINDOW, Math.floor((limit - used - fixed) / PER_PROBE));
  const enough = Math.min(SMALLEST_WINDOW, probes);
  if (window >= Math.max(1, enough)) return window;
  const needed = fixed + PER_PROBE * Math.max(1, enough);
  const has = { limit, left: limit - used };
  throw new LabnetError([tooLittle({ name: 'verify', segment: '' }, 'files', needed, has)]);
}

export const windowHere = (run: Run): number =>
  windowFor(run, readRlimits().files ?? Infinity, readdirSync('/proc/self/fd').length);

/** Echo requests of a machine share a socket for each family. */
function filesOf({ probes, listeners, captures }: Run): number {
  const icmp = probes.filter(({ protocol }) => protocol === 'icmp');
  const sockets = new Set(icmp.map(({ machine, to }) => `${machine} ${to.includes(':') ? 6 : 4}`));
  return BESIDE + sockets.size + PER_LISTENER * listeners.length + PER_CAPTURE * captures.length;
}
