/** The thread that makes namespaces ahead (ahead.ts). It has nobody to tell what goes wrong: that is left to the engine, which meets it too. */
import { parentPort } from 'node:worker_threads';
import { CLONE, setns, unshare } from '../../../../sys/namespaces.js';
import { Sysctls } from '../sysctl.js';
import type { Work } from './ahead.js';
import { makeNamespace } from './make.js';
import { claim, settle, STATE } from './states.js';

function makeAll({ mounts, machines, fresh, states }: Work): void {
  // A thread that shares its root with others cannot change it (setns(2)).
  unshare(CLONE.FS);
  setns(mounts, CLONE.NEWNS);
  const sysctls = new Sysctls(fresh);
  for (const [place, step] of machines.entries()) {
    if (!claim(states, place, STATE.making)) continue;
    let outcome: number = STATE.left;
    try {
      makeNamespace(step, sysctls);
      outcome = STATE.made;
    } finally {
      settle(states, place, outcome);
    }
  }
}

parentPort?.once('message', (work: Work) => {
  try {
    makeAll(work);
  } catch {
    // What is not made by now is free, or left.
  }
});
