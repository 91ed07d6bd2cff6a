import { inRoot, run } from './processes.js';
import { sandboxed } from './sandbox.js';

/** Waits for the kernel to finish with what was taken down; how long that took, in milliseconds. */
export async function settle(): Promise<number> {
  const { milliseconds } = await run(sandboxed(['sh', inRoot('test/bench/settle.sh')]));
  return milliseconds;
}
