/** Mininet, in namespaces of its own: mininet_wan.py. */
import { inRoot, run } from './processes.js';
import { isRoot, sandboxed } from './sandbox.js';
import { settle } from './settle.js';

/** In milliseconds; without the time of Mininet's imports, which is `imports`. */
export type MininetRound = Readonly<Record<'up' | 'down' | 'imports' | 'cleanup', number>>;

/** Debian's own comes first: that is where the package puts Mininet, whatever python3 the user has. */
const PYTHONS = ['/usr/bin/python3', 'python3'] as const;

/** A python that has Mininet, or why there is none to compare with. */
export async function findMininet(): Promise<{ readonly python?: string; readonly why?: string }> {
  if (!isRoot) return { why: 'Mininet needs root' };
  for (const python of PYTHONS) {
    const found = await run([python, '-c', 'import mininet.net']).catch(() => undefined);
    if (found) return { python };
  }
  return { why: 'Mininet is not installed (sh provisioners/host/prepare.sh --bench)' };
}

export async function mininetRound(python: string, hosts: number): Promise<MininetRound> {
  const script = inRoot('test/bench/mininet_wan.py');
  const { stdout } = await run(sandboxed([python, script, String(hosts)]));
  const said = JSON.parse(stdout) as Readonly<Record<'imports' | 'start' | 'stop', number>>;
  return {
    up: said.start * 1e3,
    down: said.stop * 1e3,
    imports: said.imports * 1e3,
    cleanup: await settle(),
  };
}
