/** A network namespace for a machine, kept by a file. */
import { closeSync, mkdirSync, openSync } from 'node:fs';
import type { MachineStep } from '../../../../plan/step.js';
import { bindMount, CLONE, unshare } from '../../../../sys/namespaces.js';
import { machineDir, pinOf } from '../../paths.js';
import type { Sysctls } from '../sysctl.js';
import type { Spare } from './spare.js';

/** This thread is in it until the next. */
export function makeNamespace(step: MachineStep, sysctls: Sysctls, spare?: Spare): void {
  if (spare?.enterNext() !== true) unshare(CLONE.NEWNET);
  const pin = pinOf(step.machine);
  closeSync(openSync(pin, 'w'));
  bindMount('/proc/thread-self/ns/net', pin);
  mkdirSync(`${machineDir(step.machine)}/run`, { recursive: true });
  sysctls.apply(step);
}
