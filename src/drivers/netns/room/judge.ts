/** What of a lab does not fit on this computer, before anything of it is made. */
import type { Diagnostic } from '../../../core/diagnostic.js';
import type { Lab } from '../../../model/lab.js';
import { largestSegment, needsOf } from '../../../plan/needs.js';
import { judgeRoom } from '../../../plan/room.js';
import { canUnshare } from '../../../sys/capabilities.js';
import { readRoom } from './read.js';

/** @param before the lab that runs, where it is changed */
export function roomFor(lab: Lab, before?: Lab): Diagnostic[] {
  const there = before && new Set(before.machines.map(({ name }) => name));
  const all = needsOf(lab, there);
  // Who may make namespaces as it is makes none for users.
  const needs = canUnshare() ? { ...all, 'user-namespaces': 0 } : all;
  const largest = largestSegment(lab);
  return judgeRoom({ name: lab.name, segment: largest.name }, needs, readRoom(needs));
}
