/** A machine that goes away while its lab runs, and comes back. */
import type { Lab } from '../../model/lab.js';
import { planLab } from '../../plan/build.js';
import { engineFor, enterLab } from './alter.js';
import type { Holder } from './holder.js';
import { requirePortControl } from './port-control.js';

/** Off is its namespace gone, with its programs, interfaces and all that its NAT remembers; on is it made anew. */
export async function power(holder: Holder, lab: Lab, machine: string, isOn: boolean): Promise<void> {
  if (isOn) requirePortControl(lab);
  const engine = await enterLab(holder, engineFor(holder.id, 'change', holder), 'change');
  try {
    if (isOn) await engine.call('adjust', [...planLab(lab).some(new Set([machine]))]);
    else await engine.call('drop', { machines: [machine], bridges: [] });
  } finally {
    await engine.stop();
    holder[Symbol.dispose]();
  }
}
