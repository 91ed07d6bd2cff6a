/** Whether the kernel has netem, tried out where nobody is: in a namespace that ends with it. */
import { spawnSync } from 'node:child_process';
import { CLONE, returnAfter, unshare } from '../../../../sys/namespaces.js';
import { toolEnv } from '../../../../sys/tools.js';

let known: boolean | undefined;

/** This thread is where it was afterwards. */
export const hasNetem = (): boolean => (known ??= returnAfter(tryNetem));

function tryNetem(): boolean {
  unshare(CLONE.NEWNET);
  const options = { env: toolEnv(), timeout: 10_000, stdio: 'ignore' } as const;
  return spawnSync('tc', ['qdisc', 'add', 'dev', 'lo', 'root', 'netem', 'loss', '1%'], options).status === 0;
}
