/** A network namespace for a machine, kept by a file. */
import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import type { MachineStep } from '../../../../plan/step.js';
import { bindMount, CLONE, unshare } from '../../../../sys/namespaces.js';
import { machineDir, pinOf } from '../../paths.js';
import type { Sysctls } from '../sysctl.js';
import type { Spare } from './spare.js';

/** This thread is in it until the next. @returns it as an open file */
export function makeNamespace(step: MachineStep, sysctls: Sysctls, spare?: Spare): number {
  const namespace = spare?.enterNext() ?? unshared();
  const pin = pinOf(step.machine);
  closeSync(openSync(pin, 'w'));
  bindMount(OWN, pin);
  makeFolders(machineDir(step.machine));
  sysctls.apply(step);
  return namespace;
}

const OWN = '/proc/thread-self/ns/net';

function unshared(): number {
  unshare(CLONE.NEWNET);
  return openSync(OWN, 'r');
}

/** One by one: `recursive` tries the innermost first. */
function makeFolders(folder: string): void {
  if (!existsSync(folder)) mkdirSync(folder);
  mkdirSync(`${folder}/run`, { recursive: true });
}
