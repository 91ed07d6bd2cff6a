/** What this kernel can do to packets, found by trying it in a network namespace that ends with the trial. */
import { spawnSync } from 'node:child_process';
import { failure } from '../../core/errors.js';
import type { Ability } from '../../render/link-trials.js';
import { trialScript } from '../../render/link-trials.js';
import { canUnshare } from '../../sys/capabilities.js';
import { toolEnv } from '../../sys/tools.js';

/** The abilities that links in namespaces use. */
const USED = ['netem', 'seed', 'tbf', 'fq-codel', 'cake', 'red', 'drops'] as const satisfies Ability[];

/** Milliseconds: a slow emulated machine takes half a minute to load the kernel modules. */
const TIMEOUT = 120_000;

const known = new Map<Ability, boolean>();

/**
 * Each ability is tried once a process, which takes about as long as it takes to start tc.
 * @throws LabnetError step-failed where the trials do not end in time, as that does not mean that the kernel cannot
 */
export function linkAbilities(asked: readonly Ability[] = USED): ReadonlySet<Ability> {
  const untried = asked.filter((ability) => !known.has(ability));
  if (untried.length > 0) {
    const found = tryAbilities(untried);
    for (const ability of untried) known.set(ability, found.has(ability));
  }
  return new Set(asked.filter((ability) => known.get(ability)));
}

export const hasNetem = (): boolean => linkAbilities(['netem']).has('netem');

function tryAbilities(abilities: readonly Ability[]): ReadonlySet<string> {
  const user = canUnshare() ? [] : ['--user', '--map-root-user'];
  const argv = [...user, '--net', '--mount', '--', 'sh', '-c', trialScript(abilities)];
  const { stdout, error } = spawnSync('unshare', argv, {
    env: toolEnv(),
    encoding: 'utf8',
    timeout: TIMEOUT,
  });
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'ETIMEDOUT')
    throw failure(
      'step-failed',
      `this computer did not finish trying what its kernel can do to links in ${TIMEOUT / 1_000} s`,
      'try again when it is less busy',
    );
  return new Set(error ? [] : stdout.split('\n'));
}
