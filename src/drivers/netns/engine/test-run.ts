/** One run of tests: capture, listen, probe, and stop in the opposite order. */
import type { TestOutcome, TestRun } from '../../../core/probe.js';
import { Captures } from './capture.js';
import { windowHere } from './probe/files.js';
import { Prober } from './probe/prober.js';

export async function runTest(
  { run, probes, listeners, captures }: TestRun,
  enter: (machine: string) => void,
): Promise<TestOutcome> {
  const window = windowHere({ probes, listeners, captures });
  const capturing = new Captures(enter, run);
  const prober = new Prober(enter, run, window);
  try {
    await capturing.start(captures);
    const states = prober.listen(listeners);
    const results = await prober.probe(probes);
    return { results, listeners: states, captured: await capturing.stop() };
  } finally {
    prober.close();
    await capturing.close();
  }
}
