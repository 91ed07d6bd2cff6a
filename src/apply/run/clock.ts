/** The run's clock, and those of machines that are not this computer: what they say of times is to be in the run's. */
import { monotonic } from '../../core/monotonic.js';
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

/** Both clocks of this computer at one moment, in milliseconds. */
export type Moment = { readonly time: number; readonly monotonic: number };

/** Of several, the one that nobody else's turn on the processor came into. */
export function momentNow(): Moment {
  let best = nextMillisecond();
  for (let turn = 1; turn < TURNS && best.within > CLOSE; turn++) {
    const next = nextMillisecond();
    if (next.within < best.within) best = next;
  }
  return { time: best.time, monotonic: best.monotonic };
}
/** Milliseconds by which the clocks may have been read apart. */
const CLOSE = 0.05;
const TURNS = 5;
/** A clock that is set back meanwhile does not keep us. */
const LONGEST = 2;

/** The time of the day comes in whole milliseconds: at the beginning of the next one it is right to some microseconds. */
function nextMillisecond(): Moment & { readonly within: number } {
  const began = Date.now();
  const until = monotonic() + LONGEST;
  for (;;) {
    const before = monotonic();
    const time = Date.now();
    const after = monotonic();
    if (time !== began || after >= until)
      return { time, monotonic: after, within: after - before + Math.abs(time - began - 1) };
  }
}
