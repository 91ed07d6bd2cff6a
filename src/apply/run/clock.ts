/** Clocks of machines that are not this computer: what they say of times is to be in the run's. */
import { DEFAULT_DRIVER } from '../../drivers/registry.js';
import type { Lab } from '../lab.js';

/** The first also opens the way there, and takes longer. */
const TRIES = 4;

/** Milliseconds that a machine's clock is ahead of this computer's, give or take half the time that asking takes. */
export async function clockAhead(lab: Lab, machine: string): Promise<number> {
  // Namespaces have the same clock.
  if (lab.summary.driver === DEFAULT_DRIVER) return 0;
  let best = { took: Infinity, ahead: 0 };
  for (let turn = 0; turn < TRIES; turn++) {
    const before = Date.now();
    const { stdout } = await lab.exec(machine, ['date', '+%s.%N']);
    const after = Date.now();
    const ahead = Number(stdout) * 1_000 - (before + after) / 2;
    if (Number.isFinite(ahead) && after - before < best.took) best = { took: after - before, ahead };
  }
  return best.ahead;
}
