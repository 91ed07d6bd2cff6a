/** Whether the kernel has netem, tried out where nobody is: in a namespace that ends with it. */
import { closeSync, openSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { CLONE, setns, unshare } from '../../../../sys/namespaces.js';
import { toolEnv } from '../../../../sys/tools.js';

let known: boolean | undefined;

/** This thread is where it was afterwards. */
export function hasNetem(): boolean {
  if (known !== undefined) return known;
  const here = openSync('/proc/thread-self/ns/net', 'r');
  try {
    unshare(CLONE.NEWNET);
    const options = { env: toolEnv(), timeout: 10_000, stdio: 'ignore' } as const;
    const { status } = spawnSync('tc', ['qdisc', 'add', 'dev', 'lo', 'root', 'netem', 'loss', '1%'], options);
    return (known = status === 0);
  } finally {
    setns(here, CLONE.NEWNET);
    closeSync(here);
  }
}
