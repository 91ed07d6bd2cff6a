/** A network namespace for a machine, kept by a file. */
import { closeSync, openSync } from 'node:fs';
import type { MachineStep } from '../../../../plan/step.js';
import { bindMount, CLONE, unshare } from '../../../../sys/namespaces.js';
import { pinOf } from '../../paths.js';
import type { Sysctls } from '../sysctl.js';
import type { OpenNamespace, Spare } from './spare.js';
import { openNamespace } from './spare.js';

/** This thread is in it until the next. */
export function makeNamespace(step: MachineStep, sysctls: Sysctls, spare?: Spare): OpenNamespace {
  const namespace = spare?.enterNext() ?? unshared();
  const pin = pinOf(step.machine);
  closeSync(openSync(pin, 'w'));
  bindMount(OWN, pin);
  sysctls.apply(step);
  return namespace;
}

const OWN = '/proc/thread-self/ns/net';

function unshared(): OpenNamespace {
  unshare(CLONE.NEWNET);
  return openNamespace(OWN);
}
