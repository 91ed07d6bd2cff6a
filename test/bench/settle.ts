import { setTimeout as sleep } from 'node:timers/promises';
import { inRoot, run } from './processes.js';
import { sandboxed } from './sandbox.js';

/** Behind what is waited for the kernel still frees memory, at the cost of what runs next. */
const REST = 1_000;

/** Waits for the kernel to finish with what was taken down; how long that took, in milliseconds. */
export async function settle(): Promise<number> {
  const { milliseconds } = await run(sandboxed(['sh', inRoot('test/bench/settle.sh')]));
  await sleep(REST);
  return milliseconds;
}
